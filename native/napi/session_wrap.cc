#include "napi/session_wrap.h"

#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

#include "napi/addon_data.h"
#include "napi/connection_object.h"
#include "napi/convert.h"
#include "napi/credential_wrap.h"
#include "napi/job.h"
#include "sspi/alpn.h"
#include "worker/completion.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

// A ticket or a key update takes LSASS a moment. A renegotiation may take a person and a PIN, which
// is longer than an event loop may stand still.
constexpr std::chrono::milliseconds kPatience(1000);

// The words of the result have 32 bits and a sign, and count two ranges at most.
constexpr size_t kLongest = std::numeric_limits<int32_t>::max() / 2;

// What encrypt() and decrypt() are given. Where in the output they write, and whether it may be the
// input's memory, SecurityContext checks.
struct Ranges {
  ByteView input;
  MutableByteView output;  // from its start on
  size_t position;         // in the output
};

Ranges ToRanges(const Call& call) {
  const napi_env env = call.env;
  const MutableByteView input = ToByteView(env, call[0]);
  const size_t start = ToOffset(env, call[1]);
  const size_t end = ToOffset(env, call[2]);
  const MutableByteView output = ToUnsharedByteView(env, call[3]);
  const size_t position = ToOffset(env, call[4]);
  if (start > end || end > input.size || position > output.size) {
    throw WindowsError(E_INVALIDARG, "range outside of its array");
  }
  if (end - start > kLongest) throw WindowsError(E_INVALIDARG, "range too long");
  return {{input.data + start, end - start}, output, position};
}

// What comes before the input of decrypt(); mostly nothing.
ByteView ToBeginning(const Call& call) {
  if (IsUndefined(call.env, call[5])) return {};
  const MutableByteView beginning = ToByteView(call.env, call[5]);
  if (beginning.size > kLongest) throw WindowsError(E_INVALIDARG, "range too long");
  return {beginning.data, beginning.size};
}

void SetResult(napi_env env, const Transfer& transfer) {
  int32_t* const words = AddonData::Of(env).result_words;
  words[0] = transfer.status;
  words[1] = static_cast<int32_t>(transfer.consumed);
  words[2] = static_cast<int32_t>(transfer.written);
}

Napi::Value FromStep(napi_env env, const Step& step) {
  const Napi::Value null = Napi::Env(env).Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("status", FromStatus(env, step.status));
  object.Set("syscall", step.syscall);
  object.Set("token", step.token.empty() ? null : FromBytes(env, step.token));
  object.Set("consumed", Napi::Number::New(env, static_cast<double>(step.consumed)));
  object.Set("issuers", step.issuers ? FromBytesList(env, *step.issuers) : null);
  object.Set("info", step.connection ? FromConnection(env, *step.connection) : null);
  return object;
}

SecurityContext& RequireOpen(SecurityContext& context) {
  if (!context.open()) {
    throw WindowsError(HRESULT_FROM_WIN32(ERROR_INVALID_STATE), "session is not open");
  }
  return context;
}

// `Operation` makes a Step from a SecurityContext.
template <typename Operation>
class StepJob : public Job {
 public:
  StepJob(SessionWrap& session, std::shared_ptr<SecurityContext> context, Operation operation,
          std::shared_ptr<Completion> end)
      : session_(session),
        context_(std::move(context)),
        operation_(std::move(operation)),
        end_(std::move(end)) {}

  void Run() override {
    const CompletesAtEnd completes(*end_);
    step_ = operation_(*context_);
  }

  void Fail(LONG status, const char* syscall) noexcept override {
    step_ = Step();
    step_.status = status;
    step_.syscall = syscall;
  }

  Napi::Value Result(Napi::Env env) override {
    session_.SetIdle();
    return FromStep(env, step_);
  }

 private:
  SessionWrap& session_;  // touched on the event loop only, where the job's owner keeps it alive
  std::shared_ptr<SecurityContext> context_;
  Operation operation_;
  std::shared_ptr<Completion> end_;
  Step step_;
};

}  // namespace

WrapClass SessionWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {
      Method<SessionWrap, &SessionWrap::Handshake>("handshake"),
      Method<SessionWrap, &SessionWrap::SetCredential>("setCredential"),
      Method<SessionWrap, &SessionWrap::SetRequestFlags>("setRequestFlags"),
      Method<SessionWrap, &SessionWrap::Shutdown>("shutdown"),
      Method<SessionWrap, &SessionWrap::Alert>("alert"),
      Method<SessionWrap, &SessionWrap::Encrypt>("encrypt"),
      Method<SessionWrap, &SessionWrap::Decrypt>("decrypt"),
      Method<SessionWrap, &SessionWrap::ExportKeyingMaterial>("exportKeyingMaterial"),
      Method<SessionWrap, &SessionWrap::Close>("close")};
  return WrapClass(env, "Session", members, std::size(members));
}

SecurityContext& SessionWrap::Idle() const {
  if (context_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "session is closed");
  if (under_way_ != nullptr) throw WindowsError(HRESULT_FROM_WIN32(ERROR_BUSY), "session is busy");
  return *context_;
}

SecurityContext& SessionWrap::Open() const { return RequireOpen(Idle()); }

SecurityContext& SessionWrap::OpenSoon() const {
  const bool waits = context_ != nullptr && under_way_ != nullptr;
  return waits && under_way_->WaitFor(kPatience) ? RequireOpen(*context_) : Open();
}

template <typename Operation>
void SessionWrap::PostStep(const Call& call, napi_value callback, Operation operation) {
  auto end = std::make_shared<Completion>();
  auto job = std::make_shared<StepJob<Operation>>(*this, context_, std::move(operation), end);
  under_way_ = std::move(end);  // first: once the event loop is over, Post() calls back at once
  try {
    AddonData::Of(call.env).dispatcher.Post(callback, call.self, std::move(job));
  } catch (...) {
    under_way_ = nullptr;
    throw;
  }
}

napi_value SessionWrap::Handshake(const Call& call) {
  const SecurityContext& session = Idle();
  std::vector<Bytes> portions = ToBytesList(call.env, call[0]);
  const bool begins_empty = session.role() == Role::kClient;
  if (!session.started() && portions.empty() != begins_empty) {
    throw WindowsError(HRESULT_FROM_WIN32(ERROR_INVALID_STATE), "session is not started");
  }
  PostStep(call, call[1], [portions = std::move(portions)](SecurityContext& context) {
    return context.Handshake(portions);
  });
  return nullptr;
}

napi_value SessionWrap::SetCredential(const Call& call) {
  SecurityContext& context = Idle();
  napi_valuetype type = napi_undefined;
  CheckNapi(call.env, napi_typeof(call.env, call[0], &type));
  std::shared_ptr<const Credential> credential;
  if (type != napi_null) credential = Unwrap<CredentialWrap>(call.env, call[0]).credential();
  const bool is_client = context.role() == Role::kClient &&
                         (credential == nullptr || credential->role() == Role::kClient);
  if (!is_client) throw WindowsError(E_INVALIDARG, "only a client chooses its credential");
  context.SetCredential(std::move(credential));
  return nullptr;
}

napi_value SessionWrap::SetRequestFlags(const Call& call) {
  SecurityContext& context = Idle();
  context.SetRequestFlags(ToUint32(call.env, call[0]));
  return nullptr;
}

napi_value SessionWrap::Shutdown(const Call& call) {
  static_cast<void>(Idle());
  PostStep(call, call[0], [](SecurityContext& context) { return context.Shutdown(); });
  return nullptr;
}

napi_value SessionWrap::Alert(const Call& call) {
  static_cast<void>(Idle());
  const DWORD description = ToUint32(call.env, call[0]);
  PostStep(call, call[1],
           [description](SecurityContext& context) { return context.Alert(description); });
  return nullptr;
}

napi_value SessionWrap::Encrypt(const Call& call) {
  SecurityContext& context = Open();
  const Ranges ranges = ToRanges(call);
  SetResult(call.env, context.Encrypt(ranges.input, {ranges.output.data + ranges.position,
                                                     ranges.output.size - ranges.position}));
  return nullptr;
}

napi_value SessionWrap::Decrypt(const Call& call) {
  SecurityContext& context = Open();
  const Ranges ranges = ToRanges(call);
  const Transfer transfer =
      context.Decrypt(ranges.input, ranges.output, ranges.position, ToBeginning(call));
  SetResult(call.env, transfer);
  // No message is undefined, which costs no call.
  return transfer.message.empty() ? nullptr
                                  : static_cast<napi_value>(FromBytes(call.env, transfer.message));
}

napi_value SessionWrap::ExportKeyingMaterial(const Call& call) {
  const SecurityContext& context = OpenSoon();
  const DWORD length = ToUint32(call.env, call[0]);
  const std::string label = ToUtf8(call.env, call[1]);
  napi_valuetype type = napi_undefined;
  CheckNapi(call.env, napi_typeof(call.env, call[2], &type));
  const std::optional<Bytes> exporter_context =
      type == napi_null ? std::nullopt : std::make_optional(ToBytes(call.env, call[2]));
  return FromBytes(call.env,
                   schannel::ExportKeyingMaterial(context.handle(), length, label,
                                                  exporter_context ? &*exporter_context : nullptr)
                       .view());
}

napi_value SessionWrap::Close(const Call&) {
  context_.reset();
  return nullptr;
}

napi_value CreateSession(const Call& call) {
  const CredentialWrap& credential = Unwrap<CredentialWrap>(call.env, call[0]);
  ContextOptions options;
  options.target_name = ToWide(call.env, GetProperty(call.env, call[1], "targetName"));
  options.request_flags = ToUint32(call.env, GetProperty(call.env, call[1], "requestFlags"));
  const napi_value resumes = GetProperty(call.env, call[1], "resumes");
  if (!IsUndefined(call.env, resumes)) options.resumes = ToBool(call.env, resumes);
  options.alpn = EncodeAlpn(ToBytesList(call.env, GetProperty(call.env, call[1], "alpnProtocols")));
  auto context = MakeReleasedOnWorker<SecurityContext>(credential.credential(), std::move(options));
  return AddonData::Of(call.env).session_class.New(
      call.env, std::make_unique<SessionWrap>(std::move(context)));
}

}  // namespace schannel
