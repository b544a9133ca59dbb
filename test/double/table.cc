// The functions of SSPI. They find the object of a handle, and check that the call is allowed and
// that its buffers are as they should be.
#include "double/table.h"

#include <cstring>
#include <map>

#include "double/context.h"
#include "double/context_buffers.h"
#include "double/leftovers.h"

namespace schannel_double {
namespace {

template <typename T>
class Handles {
 public:
  SecHandle Add(std::shared_ptr<T> object) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const ULONG_PTR key = ++last_;
    objects_[key] = std::move(object);
    return {key, key ^ 0x5A5A};
  }
  std::shared_ptr<T> Find(const SecHandle* handle) {
    if (handle == nullptr) return nullptr;
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = objects_.find(handle->dwLower);
    if (found == objects_.end() || handle->dwUpper != (handle->dwLower ^ 0x5A5A)) return nullptr;
    return found->second;
  }
  bool Empty() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return objects_.empty();
  }
  std::shared_ptr<T> Take(const SecHandle* handle) {
    const auto object = Find(handle);
    if (object == nullptr) return nullptr;
    const std::lock_guard<std::mutex> guard(mutex_);
    objects_.erase(handle->dwLower);
    return object;
  }

 private:
  std::mutex mutex_;
  ULONG_PTR last_ = 0x1000;
  std::map<ULONG_PTR, std::shared_ptr<T>> objects_;
};

Handles<DoubleCredential> credentials;
Handles<DoubleContext> contexts;

// Marks a context as in use by one kind of call, and checks that no call runs that this one
// excludes. [calls 1] [calls 2]
class Use {
 public:
  Use(std::atomic<int>& mine, std::initializer_list<const std::atomic<int>*> others) : mine_(mine) {
    bool met = mine_.fetch_add(1) != 0;
    for (const std::atomic<int>* other : others) met = met || other->load() != 0;
    if (met) Violate("two calls at once on one context that exclude each other [calls 1]");
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { --mine_; }

 private:
  std::atomic<int>& mine_;
};

Use Stepping(DoubleContext& context) {  // [calls 2]
  return Use(context.stepping, {&context.encrypting, &context.decrypting});
}

SECURITY_STATUS SEC_ENTRY Acquire(SEC_WCHAR*, SEC_WCHAR* package, ULONG use, void*, void* data,
                                  SEC_GET_KEY_FN, void*, PCredHandle handle, PTimeStamp) {
  const OpenSslCall call;
  if (package == nullptr || std::wstring(package) != UNISP_NAME_W) return SEC_E_SECPKG_NOT_FOUND;
  Choices choices(NextOrdinal());
  Dawdle(choices);
  std::shared_ptr<DoubleCredential> credential;
  const SECURITY_STATUS status = MakeCredential(use, data, credential);
  if (status == SEC_E_OK) *handle = credentials.Add(std::move(credential));
  return status;
}

SECURITY_STATUS SEC_ENTRY FreeCredential(PCredHandle handle) {
  const OpenSslCall call;
  const auto credential = credentials.Take(handle);
  if (credential == nullptr) {
    Violate("FreeCredentialsHandle: the handle is unknown, or was freed before [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  credential->freed = true;
  if (credential->contexts != 0) Violate("a credential was freed before its contexts [calls 4]");
  return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY QueryCredential(PCredHandle handle, ULONG attribute, void* out) {
  const auto credential = credentials.Find(handle);
  if (credential == nullptr) return SEC_E_INVALID_HANDLE;
  // [credentials 14]
  if (attribute != SECPKG_ATTR_SUPPORTED_PROTOCOLS) return SEC_E_UNSUPPORTED_FUNCTION;
  static_cast<SecPkgCred_SupportedProtocols*>(out)->grbitProtocol = credential->protocols;
  return SEC_E_OK;
}

// [flags 6]
constexpr ULONG kClientFive = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT |
                              ISC_REQ_CONFIDENTIALITY | ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY;
constexpr ULONG kServerFive = ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT |
                              ASC_REQ_CONFIDENTIALITY | ASC_REQ_STREAM | ASC_REQ_ALLOCATE_MEMORY;

// A step of either side: reads the input buffers, runs the step, and fills the output buffers.
SECURITY_STATUS Handshake(bool server, PCredHandle credential_handle, PCtxtHandle handle,
                          const wchar_t* target, ULONG flags, PSecBufferDesc input,
                          PCtxtHandle made, PSecBufferDesc output, ULONG* attributes) {
  const OpenSslCall call;
  const auto credential = credentials.Find(credential_handle);
  if (credential == nullptr) {
    Violate("a step without a credential, or with a freed one [calls 4]");
    return SEC_E_INVALID_HANDLE;
  }
  if (credential->server != server) {
    Violate("a step with a credential for the other direction [credentials 13]");
    return SEC_E_NO_CREDENTIALS;
  }
  const ULONG five = server ? kServerFive : kClientFive;
  if ((flags & five) != five) Violate("a step without all five flags [flags 6]");
  const std::wstring name = target == nullptr ? L"" : target;
  if (output == nullptr) return SEC_E_INVALID_TOKEN;  // [steps 7]
  for (ULONG index = 0; index < output->cBuffers; ++index) {
    const SecBuffer& buffer = output->pBuffers[index];
    if (buffer.pvBuffer != nullptr || buffer.cbBuffer != 0) {
      Violate("ALLOCATE_MEMORY with an output buffer that is not empty [steps 6]");
    }
  }

  std::shared_ptr<DoubleContext> context;
  const bool first = handle == nullptr;
  if (first) {
    context = std::make_shared<DoubleContext>(credential, server, name, NextOrdinal());
  } else {
    context = contexts.Find(handle);
    if (context == nullptr) {
      Violate("a step with an unknown context, or a deleted one [calls 5]");
      return SEC_E_INVALID_HANDLE;
    }
    if (made != nullptr && (made->dwLower != handle->dwLower)) {
      Violate("a later step with two different context handles [steps 4]");
    }
    if (context->target != name) Violate("the target name changed [steps 5]");
  }
  const Use use = Stepping(*context);

  DoubleContext::StepInput step;
  step.flags = flags;
  step.credential = credential;
  SecBuffer* second = nullptr;
  if (input != nullptr) {
    SecBuffer* const buffers = input->pBuffers;
    for (ULONG index = 0; index < input->cBuffers; ++index) {
      SecBuffer& buffer = buffers[index];
      if (buffer.BufferType == SECBUFFER_APPLICATION_PROTOCOLS) {
        if (!first) Violate("ALPN in a later step [names 3]");
        const auto* const bytes = static_cast<const uint8_t*>(buffer.pvBuffer);
        // [names 2]
        if (buffer.cbBuffer < 10) return SEC_E_INVALID_TOKEN;
        DWORD size = 0, kind = 0;
        std::memcpy(&size, bytes, 4);
        std::memcpy(&kind, bytes + 4, 4);
        const size_t list = size_t{bytes[8]} | size_t{bytes[9]} << 8;
        if (size != buffer.cbBuffer - 4 || list != buffer.cbBuffer - 10 || kind != 2) {
          Violate("ALPN: the sizes in the buffer are wrong [names 2]");
          return SEC_E_INVALID_TOKEN;
        }
        step.alpn = ByteView(bytes + 10, list);
        step.has_alpn = true;
      }
    }
    // [steps 1]
    const bool alpn_only = first && !server && input->cBuffers == 1 && step.has_alpn;
    if (!alpn_only) {
      if (input->cBuffers < 2 || buffers[0].BufferType != SECBUFFER_TOKEN) {
        Violate("a step needs TOKEN and EMPTY as its first two input buffers [steps 3]");
        return SEC_E_INVALID_TOKEN;
      }
      if (buffers[1].BufferType != SECBUFFER_EMPTY || buffers[1].cbBuffer != 0) {
        Violate("the second input buffer of a step is not EMPTY [steps 3]");
        return SEC_E_INVALID_TOKEN;
      }
      step.bytes = ByteView(static_cast<const uint8_t*>(buffers[0].pvBuffer), buffers[0].cbBuffer);
      second = &buffers[1];
    }
  }
  if (first && server && step.bytes.size == 0) {
    Violate("a server's first step without input [steps 9]");
    return SEC_E_INCOMPLETE_MESSAGE;
  }

  DoubleContext::StepOutput result;
  const SECURITY_STATUS status = context->Step(step, result);

  if (status == SEC_E_INCOMPLETE_MESSAGE) {  // [unread 4]
    const unsigned hint =
        CurrentProfile().missing_hint ? context->choices.Of(Choice::kMissing, 3) : 1;
    if (second != nullptr && hint != 1) {
      *second = {static_cast<ULONG>(result.missing + (hint == 2 ? 7 : 0)), SECBUFFER_MISSING,
                 nullptr};
    }
    // There is no context yet, and the new handle stays as it was. [steps 9] [steps 10]
    return status;
  }
  if (second != nullptr && result.unread != 0 && status >= 0) {
    *second = {static_cast<ULONG>(result.unread), SECBUFFER_EXTRA, nullptr};  // [unread 1]
  }
  if (second != nullptr && (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)) {
    // A caller that reads again what the step has read finds something else. [unread 1]
    if (step.bytes.size > result.unread) {
      std::memset(input->pBuffers[0].pvBuffer, 0xCC, step.bytes.size - result.unread);
    }
  }
  const bool failed = status < 0;
  // [flags 7]
  const bool extended = (flags & (server ? static_cast<ULONG>(ASC_REQ_EXTENDED_ERROR)
                                         : static_cast<ULONG>(ISC_REQ_EXTENDED_ERROR))) != 0;
  if (!result.token.empty() && (!failed || extended)) {
    // [steps 8]
    const ULONG kind = failed && context->choices.Of(Choice::kAlertBuffer, 2) == 1
                           ? SECBUFFER_ALERT
                           : SECBUFFER_TOKEN;
    for (ULONG index = 0; index < output->cBuffers; ++index) {
      SecBuffer& buffer = output->pBuffers[index];
      if (buffer.BufferType != kind) continue;
      buffer.pvBuffer = AllocContextBuffer(result.token.size());
      std::memcpy(buffer.pvBuffer, result.token.data(), result.token.size());
      buffer.cbBuffer = static_cast<ULONG>(result.token.size());
      break;
    }
  }
  if (attributes != nullptr) *attributes = flags & 0xFFFF;  // not all of them [flags 10]
  if (first) {
    if (!failed) {
      *made = contexts.Add(context);
    } else if (context->choices.Of(Choice::kHandleGarbage, 2) == 1) {
      *made = {0xDEAD, 0xBEEF};  // not a handle, and must not be deleted [steps 2]
    }
  }
  return status;
}

SECURITY_STATUS SEC_ENTRY Initialize(PCredHandle credential, PCtxtHandle context, SEC_WCHAR* target,
                                     ULONG flags, ULONG, ULONG, PSecBufferDesc input, ULONG,
                                     PCtxtHandle made, PSecBufferDesc output, ULONG* attributes,
                                     PTimeStamp) {
  if (context == nullptr && (flags & ISC_REQ_MANUAL_CRED_VALIDATION) == 0) {
    Violate("a client's first step without ISC_REQ_MANUAL_CRED_VALIDATION [flags 1]");
  }
  const SECURITY_STATUS status =
      Handshake(false, credential, context, target, flags, input, made, output, attributes);
  Overwrite(input, {SECBUFFER_EXTRA, SECBUFFER_MISSING});
  return status;
}

SECURITY_STATUS SEC_ENTRY Accept(PCredHandle credential, PCtxtHandle context, PSecBufferDesc input,
                                 ULONG flags, ULONG, PCtxtHandle made, PSecBufferDesc output,
                                 ULONG* attributes, PTimeStamp) {
  const SECURITY_STATUS status =
      Handshake(true, credential, context, nullptr, flags, input, made, output, attributes);
  Overwrite(input, {SECBUFFER_EXTRA, SECBUFFER_MISSING});
  return status;
}

SECURITY_STATUS SEC_ENTRY Complete(PCtxtHandle, PSecBufferDesc) {
  Violate("CompleteAuthToken, which Schannel never asks for [steps 12]");
  return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS SEC_ENTRY Delete(PCtxtHandle handle) {
  const OpenSslCall call;
  const auto context = contexts.Take(handle);
  if (context == nullptr) {
    Violate("DeleteSecurityContext: the handle is unknown, or was deleted before [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  if (context->stepping != 0 || context->encrypting != 0 || context->decrypting != 0) {
    Violate("DeleteSecurityContext during another call on the context [calls 3]");
  }
  if (contexts.Empty() && HoldsTooManyContextBuffers()) {
    Violate("there is no context any more, and its buffers were not freed [calls 6]");
  }
  return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY Control(PCtxtHandle handle, PSecBufferDesc token) {
  const auto context = contexts.Find(handle);
  if (context == nullptr) {
    Violate("ApplyControlToken with an unknown context [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  const Use use = Stepping(*context);
  if (token->cBuffers != 1 || token->pBuffers[0].BufferType != SECBUFFER_TOKEN) {
    Violate("ApplyControlToken needs exactly one TOKEN buffer [alerts 1]");
    return SEC_E_INVALID_TOKEN;
  }
  const SECURITY_STATUS status = context->Control(ByteView(
      static_cast<const uint8_t*>(token->pBuffers[0].pvBuffer), token->pBuffers[0].cbBuffer));
  Overwrite(token, {});
  return status;
}

SECURITY_STATUS SEC_ENTRY Query(PCtxtHandle handle, ULONG attribute, void* out) {
  const OpenSslCall call;
  const auto context = contexts.Find(handle);
  if (context == nullptr) {
    Violate("QueryContextAttributes with an unknown context [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  return context->Query(attribute, out);
}

SECURITY_STATUS SEC_ENTRY Set(PCtxtHandle handle, ULONG attribute, void* value, ULONG size) {
  const OpenSslCall call;
  const auto context = contexts.Find(handle);
  if (context == nullptr) return SEC_E_INVALID_HANDLE;
  // [attributes 13]
  if (attribute != SECPKG_ATTR_KEYING_MATERIAL_INFO) return SEC_E_UNSUPPORTED_FUNCTION;
  if (size != sizeof(SecPkgContext_KeyingMaterialInfo)) return SEC_E_INVALID_PARAMETER;
  return context->SetKeyingMaterialInfo(value);
}

SECURITY_STATUS SEC_ENTRY FreeBuffer(void* memory) {
  if (!ReleaseContextBuffer(memory))
    Violate("FreeContextBuffer: unknown memory, or freed before [calls 6]");
  return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY Encrypt(PCtxtHandle handle, ULONG, PSecBufferDesc message, ULONG) {
  const OpenSslCall call;
  const auto context = contexts.Find(handle);
  if (context == nullptr) {
    Violate("EncryptMessage with an unknown context [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  const Use use(context->encrypting, {&context->stepping});
  const SECURITY_STATUS status = context->Encrypt(message);
  if (status != SEC_E_OK) Overwrite(message, {});
  return status;
}

SECURITY_STATUS SEC_ENTRY Decrypt(PCtxtHandle handle, PSecBufferDesc message, ULONG, PULONG) {
  const OpenSslCall call;
  const auto context = contexts.Find(handle);
  if (context == nullptr) {
    Violate("DecryptMessage with an unknown context [calls 5]");
    return SEC_E_INVALID_HANDLE;
  }
  const Use use(context->decrypting, {&context->stepping});
  const SECURITY_STATUS status = context->Decrypt(message);
  if (status < 0) Overwrite(message, {SECBUFFER_MISSING});
  return status;
}

SecurityFunctionTableW MakeTable() {
  SecurityFunctionTableW table = {};
  table.dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION;
  table.AcquireCredentialsHandleW = &Acquire;
  table.FreeCredentialsHandle = &FreeCredential;
  table.QueryCredentialsAttributesW = &QueryCredential;
  table.InitializeSecurityContextW = &Initialize;
  table.AcceptSecurityContext = &Accept;
  table.CompleteAuthToken = &Complete;
  table.DeleteSecurityContext = &Delete;
  table.ApplyControlToken = &Control;
  table.QueryContextAttributesW = &Query;
  table.SetContextAttributesW = &Set;
  table.FreeContextBuffer = &FreeBuffer;
  table.EncryptMessage = &Encrypt;
  table.DecryptMessage = &Decrypt;
  return table;
}

}  // namespace

const SecurityFunctionTableW& DoubleProvider() {
  static const SecurityFunctionTableW table = MakeTable();
  return table;
}

}  // namespace schannel_double
