#include "double/step_call.h"

#include <cstring>

#include "double/context_buffers.h"
#include "double/handles.h"

namespace schannel_double {
namespace {

// [flags 6]
constexpr ULONG kClientFive = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT |
                              ISC_REQ_CONFIDENTIALITY | ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY;
constexpr ULONG kServerFive = ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT |
                              ASC_REQ_CONFIDENTIALITY | ASC_REQ_STREAM | ASC_REQ_ALLOCATE_MEMORY;

}  // namespace

SECURITY_STATUS StepCall(bool server, PCredHandle credential_handle, PCtxtHandle handle,
                         const wchar_t* target, ULONG flags, PSecBufferDesc input, PCtxtHandle made,
                         PSecBufferDesc output, ULONG* attributes) {
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
      step.has_token = true;
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
    // A caller that reads again what the step has read finds whole records that are none.
    // [unread 1]
    if (step.bytes.size > result.unread) {
      std::memset(input->pBuffers[0].pvBuffer, 0, step.bytes.size - result.unread);
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

}  // namespace schannel_double
