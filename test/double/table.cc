// The functions of SSPI. They find the object of a handle, and check that the call is allowed and
// that its buffers are as they should be.
#include "double/table.h"

#include "double/context_buffers.h"
#include "double/handles.h"
#include "double/leftovers.h"
#include "double/step_call.h"
#include "double/work.h"

namespace schannel_double {
namespace {

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

SECURITY_STATUS SEC_ENTRY Initialize(PCredHandle credential, PCtxtHandle context, SEC_WCHAR* target,
                                     ULONG flags, ULONG, ULONG, PSecBufferDesc input, ULONG,
                                     PCtxtHandle made, PSecBufferDesc output, ULONG* attributes,
                                     PTimeStamp) {
  if (context == nullptr && (flags & ISC_REQ_MANUAL_CRED_VALIDATION) == 0) {
    Violate("a client's first step without ISC_REQ_MANUAL_CRED_VALIDATION [flags 1]");
  }
  const SECURITY_STATUS status =
      StepCall(false, credential, context, target, flags, input, made, output, attributes);
  Overwrite(input, {SECBUFFER_EXTRA, SECBUFFER_MISSING});
  return status;
}

SECURITY_STATUS SEC_ENTRY Accept(PCredHandle credential, PCtxtHandle context, PSecBufferDesc input,
                                 ULONG flags, ULONG, PCtxtHandle made, PSecBufferDesc output,
                                 ULONG* attributes, PTimeStamp) {
  const SECURITY_STATUS status =
      StepCall(true, credential, context, nullptr, flags, input, made, output, attributes);
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
  table.AcquireCredentialsHandleW = &Counting<&Acquire, SspiFunction::kAcquire>::Call;
  table.FreeCredentialsHandle = &Counting<&FreeCredential, SspiFunction::kFreeCredential>::Call;
  table.QueryCredentialsAttributesW =
      &Counting<&QueryCredential, SspiFunction::kQueryCredential>::Call;
  table.InitializeSecurityContextW = &Counting<&Initialize, SspiFunction::kInitialize>::Call;
  table.AcceptSecurityContext = &Counting<&Accept, SspiFunction::kAccept>::Call;
  table.CompleteAuthToken = &Counting<&Complete, SspiFunction::kComplete>::Call;
  table.DeleteSecurityContext = &Counting<&Delete, SspiFunction::kDelete>::Call;
  table.ApplyControlToken = &Counting<&Control, SspiFunction::kControl>::Call;
  table.QueryContextAttributesW = &Counting<&Query, SspiFunction::kQuery>::Call;
  table.SetContextAttributesW = &Counting<&Set, SspiFunction::kSet>::Call;
  table.FreeContextBuffer = &Counting<&FreeBuffer, SspiFunction::kFreeBuffer>::Call;
  table.EncryptMessage = &Counting<&Encrypt, SspiFunction::kEncrypt>::Call;
  table.DecryptMessage = &Counting<&Decrypt, SspiFunction::kDecrypt>::Call;
  return table;
}

}  // namespace

const SecurityFunctionTableW& DoubleProvider() {
  static const SecurityFunctionTableW table = MakeTable();
  return table;
}

}  // namespace schannel_double
