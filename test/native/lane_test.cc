// What may wait for a stranger's host has a part of the threads, and handshakes have the others.
#include "worker/lane.h"

#include <atomic>
#include <memory>
#include <vector>

#include "crypt/chain.h"
#include "crypt/memory_store.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/gate.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::ChainApi;
using schannel::ChainQuery;
using schannel::Lane;
using schannel::ThreadPool;
using std::chrono::milliseconds;
using test::Countdown;
using test::Gate;

namespace {

// A host that does not answer: functions in a table have no object, so there is one for all.
struct Silence {
  explicit Silence(int count) : waiting(count) {}
  Countdown waiting;
  Gate answer;
};

Silence* silence = nullptr;

BOOL WINAPI WaitForIssuer(HCERTCHAINENGINE, PCCERT_CONTEXT, LPFILETIME, HCERTSTORE,
                          PCERT_CHAIN_PARA, DWORD, LPVOID, PCCERT_CHAIN_CONTEXT*) {
  silence->waiting.Tick();
  silence->answer.Wait();
  SetLastError(ERROR_TIMEOUT);
  return FALSE;
}

void Verify() {
  ChainApi api;
  api.get_chain = &WaitForIssuer;
  ChainQuery query;
  query.certificate = schannel::MakeCertificate({test::RootCertificate()});
  try {
    static_cast<void>(schannel::VerifyChain(api, query));
  } catch (const schannel::WindowsError&) {
    return;  // as the script has it
  }
}

}  // namespace

TEST(handshake_goes_on_while_every_verification_waits) {
  constexpr size_t kThreads = 4;
  ThreadPool pool(kThreads, milliseconds(50));
  Lane lane(pool, kThreads / 2);
  Silence held(kThreads / 2);
  silence = &held;
  Countdown verified(20);
  for (int verification = 0; verification < 20; ++verification) {
    lane.Post([&verified] {
      Verify();
      verified.Tick();
    });
  }
  held.waiting.Wait();
  test::Fixture fixture;
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello"}};
  schannel::Step step;
  Gate stepped;
  pool.Post([&] {
    step = fixture.context->Handshake({});
    stepped.Open();
  });
  stepped.Wait();
  CHECK_EQUAL(test::ToText(step.token), "hello");
  fixture.Finish();
  held.answer.Open();
  verified.Wait();
}

TEST(lane_has_no_more_threads_than_it_may) {
  ThreadPool pool(8, milliseconds(50));
  Lane lane(pool, 3);
  Gate gate;
  Countdown running(3);
  Countdown all(12);
  std::atomic<int> started{0};
  for (int task = 0; task < 12; ++task) {
    lane.Post([&] {
      if (++started <= 3) running.Tick();
      gate.Wait();
      all.Tick();
    });
  }
  running.Wait();
  CHECK_EQUAL(started.load(), 3);
  CHECK_EQUAL(pool.thread_count(), size_t{3});
  gate.Open();
  all.Wait();
  CHECK_EQUAL(started.load(), 12);
}

TEST(lane_begins_again_after_it_was_empty) {
  ThreadPool pool(2, milliseconds(50));
  Lane lane(pool, 1);
  for (int round = 0; round < 100; ++round) {
    Gate done;
    lane.Post([&done] { done.Open(); });
    done.Wait();
  }
}

TEST(last_reference_of_a_task_is_dropped_before_the_next_one) {
  ThreadPool pool(2, milliseconds(50));
  Lane lane(pool, 1);
  Gate gate;
  lane.Post([&gate] { gate.Wait(); });
  const auto held = std::make_shared<int>(0);
  long count = 0;
  Gate done;
  lane.Post([held] {});
  lane.Post([&] {
    count = held.use_count();
    done.Open();
  });
  gate.Open();
  done.Wait();
  CHECK_EQUAL(count, 1L);
}
