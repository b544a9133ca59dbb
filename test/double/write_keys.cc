// Our keys and the records written with them. OpenSSL has a function for close_notify only, so
// other alerts are sealed here, with the present keys of the connection.
#include <cstring>

#include "double/context.h"

namespace schannel_double {
namespace {

bool Derive(const char* kind, std::vector<OSSL_PARAM> parameters, Bytes& out) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, kind, nullptr);
  EVP_KDF_CTX* const ctx = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  parameters.push_back(OSSL_PARAM_construct_end());
  const bool done = EVP_KDF_derive(ctx, out.data(), out.size(), parameters.data()) == 1;
  EVP_KDF_CTX_free(ctx);
  return done;
}

// RFC 8446 §7.1, without a context.
Bytes ExpandLabel(const EVP_MD* md, Bytes secret, const char* label, size_t size) {
  const std::string full = std::string("tls13 ") + label;
  Bytes info = {0, static_cast<uint8_t>(size), static_cast<uint8_t>(full.size())};
  info.insert(info.end(), full.begin(), full.end());
  info.push_back(0);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  Bytes out(size);
  Derive("HKDF",
         {OSSL_PARAM_construct_int("mode", &mode),
          OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(EVP_MD_get0_name(md)), 0),
          OSSL_PARAM_construct_octet_string("key", secret.data(), secret.size()),
          OSSL_PARAM_construct_octet_string("info", info.data(), info.size())},
         out);
  return out;
}

Bytes Seal(const EVP_CIPHER* cipher, const Bytes& key, const Bytes& nonce, const Bytes& aad,
           const Bytes& plain) {
  EVP_CIPHER_CTX* const ctx = EVP_CIPHER_CTX_new();
  Bytes out(plain.size() + 16);
  int size = 0;
  EVP_EncryptInit_ex(ctx, cipher, nullptr, nullptr, nullptr);
  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()), nullptr);
  EVP_EncryptInit_ex(ctx, nullptr, nullptr, key.data(), nonce.data());
  EVP_EncryptUpdate(ctx, nullptr, &size, aad.data(), static_cast<int>(aad.size()));
  EVP_EncryptUpdate(ctx, out.data(), &size, plain.data(), static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(ctx, out.data() + size, &size);
  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + plain.size());
  EVP_CIPHER_CTX_free(ctx);
  return out;
}

Bytes BigEndian(uint64_t value) {
  Bytes bytes(8);
  for (int index = 0; index < 8; ++index)
    bytes[7 - index] = static_cast<uint8_t>(value >> (8 * index));
  return bytes;
}

}  // namespace

void DoubleContext::CountWritten(int type) {
  if (type == -1) {
    sealed_ = 0;  // TLS 1.2: new keys apply after ChangeCipherSpec
  } else if (type == -2) {
    // Our KeyUpdate is the last record of the old keys, and was counted before this call.
    const EVP_MD* const md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl_.get()));
    secret_ = ExpandLabel(md, secret_, "traffic upd", secret_.size());
    sealed_ = 0;
  } else {
    ++sealed_;
  }
}

void DoubleContext::OnSecret(const char* line) {
  const std::string text = line;
  const char* const own = server ? "SERVER_TRAFFIC_SECRET_0 " : "CLIENT_TRAFFIC_SECRET_0 ";
  if (text.compare(0, std::strlen(own), own) != 0) return;
  secret_.clear();
  const size_t start = text.rfind(' ') + 1;
  for (size_t at = start; at + 1 < text.size(); at += 2) {
    secret_.push_back(static_cast<uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
  }
  sealed_ = 0;
}

Bytes DoubleContext::SealAlert(uint8_t level, uint8_t description) {
  const SSL_CIPHER* const suite = SSL_get_current_cipher(ssl_.get());
  const EVP_CIPHER* const cipher = EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(suite));
  const size_t key_size = static_cast<size_t>(EVP_CIPHER_get_key_length(cipher));
  const EVP_MD* const md = SSL_CIPHER_get_handshake_digest(suite);
  const Bytes counter = BigEndian(sealed_++);
  if (IsTls13()) {
    Bytes nonce = ExpandLabel(md, secret_, "iv", 12);
    for (size_t index = 0; index < 8; ++index) nonce[4 + index] ^= counter[index];
    const Bytes header = {23, 3, 3, 0, 19};
    Bytes record = Seal(cipher, ExpandLabel(md, secret_, "key", key_size), nonce, header,
                        {level, description, 21});
    record.insert(record.begin(), header.begin(), header.end());
    return record;
  }
  if (SSL_CIPHER_is_aead(suite) == 0) {  // CBC suites are not sealed here: close_notify instead
    SSL_shutdown(ssl_.get());
    Bytes record;
    Collect(record);
    return record;
  }
  // RFC 5246 §6.3 and RFC 5288: client key, server key, client salt, server salt.
  Bytes master(48), seed(64);
  SSL_SESSION_get_master_key(SSL_get0_session(ssl_.get()), master.data(), master.size());
  SSL_get_server_random(ssl_.get(), seed.data(), 32);
  SSL_get_client_random(ssl_.get(), seed.data() + 32, 32);
  Bytes label = {'k', 'e', 'y', ' ', 'e', 'x', 'p', 'a', 'n', 's', 'i', 'o', 'n'};
  Bytes block(2 * key_size + 8);
  Derive("TLS1-PRF",
         {OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(EVP_MD_get0_name(md)), 0),
          OSSL_PARAM_construct_octet_string("secret", master.data(), master.size()),
          OSSL_PARAM_construct_octet_string("seed", label.data(), label.size()),
          OSSL_PARAM_construct_octet_string("seed", seed.data(), seed.size())},
         block);
  const auto key = block.begin() + static_cast<std::ptrdiff_t>(server ? key_size : 0);
  const auto salt = block.begin() + static_cast<std::ptrdiff_t>(2 * key_size + (server ? 4 : 0));
  Bytes nonce(salt, salt + 4);
  nonce.insert(nonce.end(), counter.begin(), counter.end());
  Bytes aad = counter;
  aad.insert(aad.end(), {21, 3, 3, 0, 2});
  const Bytes sealed = Seal(cipher, Bytes(key, key + static_cast<std::ptrdiff_t>(key_size)), nonce,
                            aad, {level, description});
  Bytes record = {21, 3, 3, 0, static_cast<uint8_t>(8 + sealed.size())};
  record.insert(record.end(), counter.begin(), counter.end());
  record.insert(record.end(), sealed.begin(), sealed.end());
  return record;
}

}  // namespace schannel_double
