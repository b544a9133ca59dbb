#include "double/keys/keys.h"

#include "double/keys/certificate_key.h"
#include "double/keys/csp_key.h"
#include "double/keys/key_calls.h"

namespace schannel_double {
namespace {

schannel::KeyApi MakeApi() {
  schannel::KeyApi api;
  api.capi.acquire_context = &AcquireCsp;
  api.capi.import_key = &ImportCspKey;
  api.capi.generate_key = &GenerateCspKey;
  api.cng.open_provider = &OpenProvider;
  api.cng.open_key = &OpenKey;
  api.cng.create_key = &CreateKey;
  api.cng.import_key = &ImportKey;
  api.cng.finalize_key = &FinalizeKey;
  api.cng.delete_key = &DeleteKey;
  api.cng.enum_keys = &EnumKeys;
  api.cng.get_property = &GetProperty;
  api.cng.set_property = &SetProperty;
  api.cng.sign_hash = &SignHash;
  api.cng.decrypt = &Decrypt;
  api.cng.export_key = &ExportKey;
  api.cng.free_object = &FreeObject;
  api.cng.free_buffer = &FreeBuffer;
  api.acquire_key = &AcquireKey;
  api.export_public_key = &ExportPublicKey;
  return api;
}

}  // namespace

const schannel::KeyApi& DoubleKeyApi() {
  static const schannel::KeyApi api = MakeApi();
  return api;
}

}  // namespace schannel_double
