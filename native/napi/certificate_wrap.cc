#include "napi/certificate_wrap.h"

#include <iterator>
#include <memory>
#include <optional>

#include "crypt/certificate.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/key_location_object.h"
#include "napi/outcome_job.h"

namespace schannel {

WrapClass CertificateWrap::Define(napi_env env) {
  napi_property_descriptor encoded = {};
  encoded.utf8name = "encoded";
  encoded.getter = &CallMethod<CertificateWrap, &CertificateWrap::Encoded>;
  encoded.attributes = napi_enumerable;
  const napi_property_descriptor members[] = {
      encoded,
      Method<CertificateWrap, &CertificateWrap::Property>("property"),
      Method<CertificateWrap, &CertificateWrap::SetProperty>("setProperty"),
      Method<CertificateWrap, &CertificateWrap::KeyLocationOf>("keyLocation"),
      Method<CertificateWrap, &CertificateWrap::SetKeyLocation>("setKeyLocation"),
      Method<CertificateWrap, &CertificateWrap::Close>("close"),
  };
  return WrapClass(env, "Certificate", members, std::size(members));
}

Napi::Value CertificateWrap::New(napi_env env, UniqueCertificate certificate) {
  auto shared = std::make_shared<const UniqueCertificate>(std::move(certificate));
  auto wrap = std::make_unique<CertificateWrap>(std::move(shared));
  return {env, AddonData::Of(env).certificate_class.New(env, std::move(wrap))};
}

const SharedCertificate& CertificateWrap::certificate() const {
  if (certificate_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "certificate is closed");
  return certificate_;
}

napi_value CertificateWrap::Encoded(const Call& call) {
  const CERT_CONTEXT& context = *certificate()->get();
  return FromBytes(call.env, {context.pbCertEncoded, context.cbCertEncoded});
}

napi_value CertificateWrap::Property(const Call& call) {
  return FromOptionalBytes(call.env,
                           ReadProperty(certificate()->get(), ToUint32(call.env, call[0])));
}

napi_value CertificateWrap::SetProperty(const Call& call) {
  const uint32_t id = ToUint32(call.env, call[0]);
  std::optional<Bytes> value;
  if (!IsNull(call.env, call[1])) value = ToBytes(call.env, call[1]);
  auto job = std::make_shared<EndJob>([certificate = certificate(), id, value = std::move(value)] {
    WriteProperty(certificate->get(), id, value);
  });
  AddonData::Of(call.env).dispatcher.Post(call[2], call.self, std::move(job));
  return nullptr;
}

napi_value CertificateWrap::KeyLocationOf(const Call& call) {
  const std::optional<KeyLocation> location = ReadKeyLocation(certificate()->get());
  return location ? FromKeyLocation(call.env, *location) : Napi::Env(call.env).Null();
}

napi_value CertificateWrap::SetKeyLocation(const Call& call) {
  std::optional<KeyLocation> location;
  if (!IsNull(call.env, call[0])) location = ToKeyLocation(call.env, call[0]);
  auto job =
      std::make_shared<EndJob>([certificate = certificate(), location = std::move(location)] {
        WriteKeyLocation(certificate->get(), location);
      });
  AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job));
  return nullptr;
}

napi_value CertificateWrap::Close(const Call&) {
  certificate_.reset();
  return nullptr;
}

napi_value CreateCertificate(const Call& call) {
  const MutableByteView der = ToByteView(call.env, call[0]);
  return CertificateWrap::New(call.env, DecodeCertificate({der.data, der.size}));
}

SharedCertificate ToCertificate(napi_env env, napi_value value) {
  return Unwrap<CertificateWrap>(env, value).certificate();
}

std::vector<SharedCertificate> ToCertificates(napi_env env, napi_value value) {
  uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) {
    throw WindowsError(E_INVALIDARG, "argument of the wrong type");
  }
  std::vector<SharedCertificate> certificates;
  certificates.reserve(length);
  for (uint32_t index = 0; index < length; ++index) {
    napi_value item = nullptr;
    CheckNapi(env, napi_get_element(env, value, index, &item));
    certificates.push_back(ToCertificate(env, item));
  }
  return certificates;
}

}  // namespace schannel
