// Jobs between the event loop and workers, in a Node that is played: each callback is called once,
// or the call throws, whatever fails on the way.
#include "napi/job.h"

#include <memory>
#include <optional>

#include "napi/guard.h"
#include "support/fake_node_api.h"
#include "support/faults.h"
#include "support/harness.h"
#include "support/workers.h"

using schannel::Dispatcher;
using schannel::Job;
using schannel::Lane;
using schannel::ThreadPool;
using test::fake_node;
using test::OwnMemory;

namespace {

const napi_env kEnv = reinterpret_cast<napi_env>(&fake_node);

// Takes memory in every stage.
class Probe : public Job {
 public:
  void Run() override { worked_ = std::make_unique<int>(1); }

  void Fail(LONG status, const char*) noexcept override {
    worked_.reset();
    status_ = status;
  }

  Napi::Value Result(Napi::Env env) override {
    const auto memory = std::make_unique<int>(2);
    Napi::Object object = Napi::Object::New(env);
    object.Set("status", Napi::Number::New(env, static_cast<ULONG>(status_)));
    return object;
  }

 private:
  std::unique_ptr<int> worked_;
  LONG status_ = ERROR_SUCCESS;
};

napi_value MakeValue() {
  const OwnMemory memory;
  fake_node.values.push_back(std::make_unique<test::FakeValue>());
  return reinterpret_cast<napi_value>(fake_node.values.back().get());
}

// What a call that JavaScript makes throws, by the rules of all of them.
template <typename Body>
bool Throws(Body&& body) {
  schannel::Guard(kEnv, [&body]() -> napi_value {
    body();
    return nullptr;
  });
  const bool throws = fake_node.pending != nullptr;
  fake_node.pending = nullptr;
  return throws;
}

void CheckNothingIsKept() {
  CHECK_EQUAL(fake_node.references, 0);
  CHECK_EQUAL(fake_node.contexts, 0);
  CHECK_EQUAL(fake_node.hooks, 0);
  CHECK_EQUAL(fake_node.functions, 0);
}

// Posts two jobs with one fault on the way. `post` gives them to the dispatcher.
template <typename Post>
void PostTwo(Post&& post) {
  size_t expected = 0;
  {
    std::optional<Dispatcher> dispatcher;
    if (!Throws([&dispatcher] { dispatcher.emplace(kEnv); })) {
      for (int job = 0; job < 2; ++job) {
        const bool thrown = Throws([&] { post(*dispatcher, std::make_shared<Probe>()); });
        if (thrown) continue;
        ++expected;
        test::WakeOnce();
        test::WaitForWorkers();
      }
      CHECK_EQUAL(test::Wakes(), size_t{0});
    }
  }
  CHECK_EQUAL(fake_node.calls.size(), expected);
  CHECK(expected != 0 || test::HasMetFault());
  CHECK(fake_node.pending == nullptr);
  const OwnMemory memory;
  fake_node.calls.clear();
  fake_node.values.clear();
  CheckNothingIsKept();
}

}  // namespace

TEST(job_calls_back_once_whatever_fails) {
  const size_t faults = test::WithEachFault(&test::WarmUpWorkers, [] {
    PostTwo([](Dispatcher& dispatcher, std::shared_ptr<Job> job) {
      dispatcher.Post(MakeValue(), MakeValue(), std::move(job));
    });
  });
  CHECK(faults > 20);
}

TEST(job_of_a_lane_calls_back_once_whatever_fails) {
  const size_t faults = test::WithEachFault(&test::WarmUpWorkers, [] {
    PostTwo([](Dispatcher& dispatcher, std::shared_ptr<Job> job) {
      dispatcher.Post(MakeValue(), MakeValue(), std::move(job), Lane::OfStrangers());
    });
  });
  CHECK(faults > 20);
}

TEST(job_is_done_without_an_event_loop_whatever_fails) {
  test::WithEachFault(&test::WarmUpWorkers, [] {
    size_t expected = 0;
    {
      std::optional<Dispatcher> dispatcher;
      if (!Throws([&dispatcher] { dispatcher.emplace(kEnv); })) {
        // Before the end, and forgotten by it.
        static_cast<void>(
            Throws([&] { dispatcher->Post(MakeValue(), nullptr, std::make_shared<Probe>()); }));
        CHECK(!Throws([&] { dispatcher->Finish(std::chrono::hours(1), std::chrono::hours(1)); }));
        for (int job = 0; job < 2; ++job) {
          const bool thrown =
              Throws([&] { dispatcher->Post(MakeValue(), nullptr, std::make_shared<Probe>()); });
          if (!thrown) ++expected;
        }
        CHECK(expected + (test::HasMetFault() ? 1 : 0) >= 2);
        test::WaitForWorkers();
      }
    }
    CHECK_EQUAL(fake_node.calls.size(), expected);
    const OwnMemory memory;
    fake_node.calls.clear();
    fake_node.values.clear();
    CheckNothingIsKept();
  });
}
