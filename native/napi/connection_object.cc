#include "napi/connection_object.h"

#include "napi/convert.h"

namespace schannel {
namespace {

Napi::Value FromSizes(napi_env env, const SecPkgContext_StreamSizes& sizes) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("header", Napi::Number::New(env, sizes.cbHeader));
  object.Set("trailer", Napi::Number::New(env, sizes.cbTrailer));
  object.Set("maximumMessage", Napi::Number::New(env, sizes.cbMaximumMessage));
  return object;
}

Napi::Value FromInfo(napi_env env, const std::optional<SecPkgContext_ConnectionInfo>& info) {
  if (!info) return Napi::Env(env).Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("protocol", Napi::Number::New(env, info->dwProtocol));
  object.Set("cipher", Napi::Number::New(env, info->aiCipher));
  object.Set("cipherStrength", Napi::Number::New(env, info->dwCipherStrength));
  object.Set("hash", Napi::Number::New(env, info->aiHash));
  object.Set("hashStrength", Napi::Number::New(env, info->dwHashStrength));
  object.Set("exchange", Napi::Number::New(env, info->aiExch));
  object.Set("exchangeStrength", Napi::Number::New(env, info->dwExchStrength));
  return object;
}

Napi::Value FromCipher(napi_env env, const std::optional<SecPkgContext_CipherInfo>& cipher) {
  if (!cipher) return Napi::Env(env).Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("protocol", Napi::Number::New(env, cipher->dwProtocol));
  object.Set("suite", Napi::Number::New(env, cipher->dwCipherSuite));
  object.Set("name", FromWide(env, cipher->szCipherSuite));
  object.Set("cipher", FromWide(env, cipher->szCipher));
  object.Set("cipherStrength", Napi::Number::New(env, cipher->dwCipherLen));
  object.Set("hash", FromWide(env, cipher->szHash));
  object.Set("exchange", FromWide(env, cipher->szExchange));
  object.Set("exchangeStrength", Napi::Number::New(env, cipher->dwMaxExchangeLen));
  object.Set("keyType", Napi::Number::New(env, cipher->dwKeyType));
  return object;
}

}  // namespace

Napi::Value FromConnection(napi_env env, const Connection& connection) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("sizes", FromSizes(env, connection.sizes));
  object.Set("info", FromInfo(env, connection.info));
  object.Set("cipher", FromCipher(env, connection.cipher));
  object.Set("alpnProtocol", FromOptionalBytes(env, connection.alpn_protocol));
  object.Set("resumed", connection.resumed ? Napi::Boolean::New(env, *connection.resumed)
                                           : Napi::Env(env).Null());
  object.Set("tlsUnique", FromOptionalBytes(env, connection.tls_unique));
  object.Set("tlsServerEndPoint", FromOptionalBytes(env, connection.tls_server_end_point));
  object.Set("peerCertificates", FromBytesList(env, connection.peer_certificates));
  object.Set("stapledResponse", FromOptionalBytes(env, connection.stapled_response));
  return object;
}

}  // namespace schannel
