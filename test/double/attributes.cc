// QueryContextAttributesW.
#include <cstring>

#include "double/context.h"
#include "double/context_buffers.h"

namespace schannel_double {
namespace {

void* Hand(const void* bytes, size_t size) {
  void* const memory = AllocContextBuffer(size == 0 ? 1 : size);
  if (memory != nullptr && size != 0) std::memcpy(memory, bytes, size);
  return memory;
}

void CopyWide(wchar_t* out, size_t room, const char* text) {
  size_t index = 0;
  for (; index + 1 < room && text[index] != '\0'; ++index)
    out[index] = static_cast<wchar_t>(text[index]);
  out[index] = 0;
}

DWORD ProtocolBit(int version, bool server) {
  switch (version) {
    case TLS1_VERSION:
      return server ? SP_PROT_TLS1_0_SERVER : SP_PROT_TLS1_0_CLIENT;
    case TLS1_1_VERSION:
      return server ? SP_PROT_TLS1_1_SERVER : SP_PROT_TLS1_1_CLIENT;
    case TLS1_2_VERSION:
      return server ? SP_PROT_TLS1_2_SERVER : SP_PROT_TLS1_2_CLIENT;
    default:
      return server ? SP_PROT_TLS1_3_SERVER : SP_PROT_TLS1_3_CLIENT;
  }
}

// The size of the peer's ephemeral key, which is that of ours too; 0 if there is none.
DWORD ExchangeBits(SSL* ssl) {
  EVP_PKEY* raw = nullptr;
  if (SSL_ctrl(ssl, SSL_CTRL_GET_PEER_TMP_KEY, 0, &raw) != 1) return 0;
  const PKey key(raw);
  return static_cast<DWORD>(EVP_PKEY_get_bits(key.get()));
}

// [attributes 11]
SECURITY_STATUS Bindings(const std::string& prefix, const Bytes& data, void* out) {
  Bytes block(sizeof(SEC_CHANNEL_BINDINGS) + prefix.size() + data.size());
  auto* const header = reinterpret_cast<SEC_CHANNEL_BINDINGS*>(block.data());
  header->cbApplicationDataLength = static_cast<ULONG>(prefix.size() + data.size());
  header->dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS);
  std::memcpy(block.data() + sizeof(SEC_CHANNEL_BINDINGS), prefix.data(), prefix.size());
  std::memcpy(block.data() + sizeof(SEC_CHANNEL_BINDINGS) + prefix.size(), data.data(),
              data.size());
  auto* const result = static_cast<SecPkgContext_Bindings*>(out);
  result->BindingsLength = static_cast<ULONG>(block.size());
  result->Bindings = static_cast<SEC_CHANNEL_BINDINGS*>(Hand(block.data(), block.size()));
  return SEC_E_OK;
}

}  // namespace

SECURITY_STATUS DoubleContext::PeerCertificate(PCCERT_CONTEXT* out) {
  X509* const leaf = SSL_get0_peer_certificate(ssl_.get());
  if (leaf == nullptr) {  // [attributes 7]
    return choices.Of(Choice::kNoPeer, 2) == 0 ? SEC_E_NO_CREDENTIALS : SEC_E_INTERNAL_ERROR;
  }
  const HCERTSTORE store = CertOpenStore(
      CERT_STORE_PROV_MEMORY, 0, 0,
      CERT_STORE_CREATE_NEW_FLAG | CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG, nullptr);
  const auto add = [store](X509* certificate, PCCERT_CONTEXT* made) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, der, static_cast<DWORD>(size),
                                     CERT_STORE_ADD_ALWAYS, made);
    OPENSSL_free(der);
  };
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl_.get());
  // [attributes 8]
  const bool own_first = CurrentProfile().build >= 22621;
  if (own_first) add(leaf, out);
  for (int index = server ? 0 : 1; chain != nullptr && index < sk_X509_num(chain); ++index) {
    add(sk_X509_value(chain, index), nullptr);
  }
  if (!own_first) add(leaf, out);
  CertCloseStore(store, 0);
  // [attributes 9]
  const unsigned char* response = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &response);
  if (response != nullptr && size > 0) {
    CRYPT_DATA_BLOB blob = {static_cast<DWORD>(size), const_cast<BYTE*>(response)};
    CertSetCertificateContextProperty(*out, CERT_OCSP_RESPONSE_PROP_ID, 0, &blob);
  }
  return SEC_E_OK;
}

SECURITY_STATUS DoubleContext::SetKeyingMaterialInfo(const void* value) {
  const auto& info = *static_cast<const SecPkgContext_KeyingMaterialInfo*>(value);
  if (info.cbLabel == 0 || info.pszLabel[info.cbLabel - 1] != '\0') {
    Violate("KEYING_MATERIAL_INFO: cbLabel must count the NUL at the end [attributes 13]");
    return SEC_E_INVALID_PARAMETER;
  }
  exporter_label_.assign(info.pszLabel, info.pszLabel + info.cbLabel - 1);
  has_exporter_context_ = info.pbContextValue != nullptr;
  exporter_context_.assign(info.pbContextValue, info.pbContextValue + info.cbContextValue);
  exporter_length_ = info.cbKeyingMaterial;
  has_exporter_ = true;
  return SEC_E_OK;
}

SECURITY_STATUS DoubleContext::Query(ULONG attribute, void* out) {
  SSL* const ssl = ssl_.get();
  const bool open = phase_ != Phase::kHandshake && phase_ != Phase::kDead;
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
  if (attribute == SECPKG_ATTR_ISSUER_LIST_EX) {  // [attributes 2]
    const STACK_OF(X509_NAME)* const names = SSL_get0_peer_CA_list(ssl);
    const int count = names == nullptr ? 0 : sk_X509_NAME_num(names);
    // One block has the array, and the names behind it.
    Bytes bytes;
    std::vector<size_t> ends;
    for (int index = 0; index < count; ++index) {
      unsigned char* der = nullptr;
      const int size = i2d_X509_NAME(sk_X509_NAME_value(names, index), &der);
      bytes.insert(bytes.end(), der, der + size);
      ends.push_back(bytes.size());
      OPENSSL_free(der);
    }
    auto* const list = static_cast<SecPkgContext_IssuerListInfoEx*>(out);
    const size_t head = sizeof(CERT_NAME_BLOB) * static_cast<size_t>(count);
    auto* const block = static_cast<uint8_t*>(AllocContextBuffer(head + bytes.size() + 1));
    if (!bytes.empty()) std::memcpy(block + head, bytes.data(), bytes.size());
    auto* const blobs = reinterpret_cast<CERT_NAME_BLOB*>(block);
    size_t start = 0;
    for (int index = 0; index < count; ++index) {
      const CERT_NAME_BLOB blob = {static_cast<DWORD>(ends[static_cast<size_t>(index)] - start),
                                   block + head + start};
      std::memcpy(blobs + index, &blob, sizeof blob);
      start = ends[static_cast<size_t>(index)];
    }
    list->cIssuers = static_cast<DWORD>(count);
    list->aIssuers = blobs;
    return SEC_E_OK;
  }
  if (!open) {
    Violate("QueryContextAttributes before the handshake has ended [attributes 1]");
    return SEC_E_INVALID_HANDLE;
  }
  switch (attribute) {
    case SECPKG_ATTR_STREAM_SIZES: {  // [records 2]
      *static_cast<SecPkgContext_StreamSizes*>(out) = {header_, trailer_, maximum_, 4, 16};
      return SEC_E_OK;
    }
    case SECPKG_ATTR_CONNECTION_INFO: {  // [attributes 3]
      auto& info = *static_cast<SecPkgContext_ConnectionInfo*>(out);
      info = {};
      info.dwProtocol = ProtocolBit(SSL_version(ssl), server);
      const int bits = SSL_CIPHER_get_bits(cipher, nullptr);
      info.aiCipher = bits == 128 ? 0x660e : 0x6610;
      info.dwCipherStrength = static_cast<DWORD>(bits);
      const bool aead = SSL_CIPHER_is_aead(cipher) != 0;
      const EVP_MD* const md = SSL_CIPHER_get_handshake_digest(cipher);
      info.aiHash = EVP_MD_get_size(md) == 48 ? 0x800d : 0x800c;
      info.dwHashStrength = aead ? 0 : static_cast<DWORD>(EVP_MD_get_size(md) * 8);
      const int exchange = SSL_CIPHER_get_kx_nid(cipher);
      info.aiExch = exchange == NID_kx_rsa ? 0xa400 : exchange == NID_kx_dhe ? 0xaa02 : 0xae06;
      info.dwExchStrength = ExchangeBits(ssl);
      return SEC_E_OK;
    }
    case SECPKG_ATTR_CIPHER_INFO: {
      auto& info = *static_cast<SecPkgContext_CipherInfo*>(out);
      if (info.dwVersion != SECPKGCONTEXT_CIPHERINFO_V1) {
        Violate("CIPHER_INFO: dwVersion must be set before the call [attributes 4]");
        return SEC_E_INVALID_PARAMETER;
      }
      info.dwProtocol = static_cast<DWORD>(SSL_version(ssl));
      info.dwCipherSuite = SSL_CIPHER_get_protocol_id(cipher);
      info.dwBaseCipherSuite = info.dwCipherSuite;
      CopyWide(info.szCipherSuite, SZ_ALG_MAX_SIZE, SSL_CIPHER_standard_name(cipher));
      CopyWide(info.szCipher, SZ_ALG_MAX_SIZE, "AES");
      info.dwCipherLen = static_cast<DWORD>(SSL_CIPHER_get_bits(cipher, nullptr));
      info.dwCipherBlockLen = 16;
      const EVP_MD* const md = SSL_CIPHER_get_handshake_digest(cipher);
      CopyWide(info.szHash, SZ_ALG_MAX_SIZE, EVP_MD_get_size(md) == 48 ? "SHA384" : "SHA256");
      info.dwHashLen = 0;
      const int kx = SSL_CIPHER_get_kx_nid(cipher);
      CopyWide(info.szExchange, SZ_ALG_MAX_SIZE,
               IsTls13()          ? ""
               : kx == NID_kx_rsa ? "RSA"
               : kx == NID_kx_dhe ? "DHE"
                                  : "ECDHE");
      info.dwMinExchangeLen = 0;
      info.dwMaxExchangeLen = 65536;
      CopyWide(info.szCertificate, SZ_ALG_MAX_SIZE, IsTls13() ? "" : "RSA");
      const long group = SSL_ctrl(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, nullptr);
      info.dwKeyType = !IsTls13() && kx != NID_kx_ecdhe ? 0
                       : group == NID_X25519            ? 0x1d
                       : group == NID_secp384r1         ? 0x18
                                                        : 0x17;
      return SEC_E_OK;
    }
    case SECPKG_ATTR_APPLICATION_PROTOCOL: {  // [attributes 5]
      auto& info = *static_cast<SecPkgContext_ApplicationProtocol*>(out);
      std::memset(&info, 0, sizeof info);
      const unsigned char* name = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(ssl, &name, &size);
      if (size == 0) return SEC_E_OK;  // its status is None
      info.ProtoNegoStatus = SecApplicationProtocolNegotiationStatus_Success;
      info.ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
      info.ProtocolIdSize = static_cast<unsigned char>(size);
      std::memcpy(info.ProtocolId, name, size);
      return SEC_E_OK;
    }
    case SECPKG_ATTR_SESSION_INFO: {  // [attributes 6]
      auto& info = *static_cast<SecPkgContext_SessionInfo*>(out);
      info = {};
      info.dwFlags = SSL_session_reused(ssl) != 0 ? SSL_SESSION_RECONNECT : 0;
      return SEC_E_OK;
    }
    case SECPKG_ATTR_REMOTE_CERT_CONTEXT:
    case 0x67:  // REMOTE_CERT_CHAIN
      return PeerCertificate(static_cast<PCCERT_CONTEXT*>(out));
    case SECPKG_ATTR_LOCAL_CERT_CONTEXT: {
      if (SSL_session_reused(ssl) != 0) return SEC_E_UNSUPPORTED_FUNCTION;  // [attributes 10]
      X509* const own = SSL_get_certificate(ssl);
      const DoubleCredential& from = chosen != nullptr ? *chosen : *credential;
      for (const Identity& identity : from.identities) {
        if (own == nullptr || X509_cmp(identity.leaf.get(), own) != 0) continue;
        *static_cast<PCCERT_CONTEXT*>(out) = CertDuplicateCertificateContext(identity.context);
        return SEC_E_OK;
      }
      return SEC_E_NO_CREDENTIALS;
    }
    case SECPKG_ATTR_UNIQUE_BINDINGS: {
      if (IsTls13()) return SEC_E_UNSUPPORTED_FUNCTION;  // [attributes 12]
      Bytes finished(64);
      // The first Finished of the handshake: the client's, or the server's when resumed.
      const bool own = (SSL_session_reused(ssl) != 0) == server;
      finished.resize(own ? SSL_get_finished(ssl, finished.data(), finished.size())
                          : SSL_get_peer_finished(ssl, finished.data(), finished.size()));
      return Bindings("tls-unique:", finished, out);
    }
    case SECPKG_ATTR_ENDPOINT_BINDINGS: {  // [attributes 11]
      X509* const certificate = server ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
      if (certificate == nullptr) return SEC_E_NO_CREDENTIALS;
      int digest = NID_undef;
      X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
      const EVP_MD* md = EVP_get_digestbynid(digest);
      if (md == nullptr || EVP_MD_get_size(md) < 32) md = EVP_sha256();
      Bytes hash(64);
      unsigned size = 0;
      X509_digest(certificate, md, hash.data(), &size);
      hash.resize(size);
      return Bindings("tls-server-end-point:", hash, out);
    }
    case SECPKG_ATTR_KEYING_MATERIAL: {  // [attributes 13]
      if (!has_exporter_) return SEC_E_INVALID_HANDLE;
      Bytes material(exporter_length_);
      if (SSL_export_keying_material(ssl, material.data(), material.size(),
                                     reinterpret_cast<const char*>(exporter_label_.data()),
                                     exporter_label_.size(), exporter_context_.data(),
                                     exporter_context_.size(), has_exporter_context_) != 1) {
        return SEC_E_UNSUPPORTED_FUNCTION;
      }
      auto& info = *static_cast<SecPkgContext_KeyingMaterial*>(out);
      info.cbKeyingMaterial = exporter_length_;
      info.pbKeyingMaterial = static_cast<PBYTE>(Hand(material.data(), material.size()));
      return SEC_E_OK;
    }
    default:
      return SEC_E_UNSUPPORTED_FUNCTION;  // [attributes 14]
  }
}

}  // namespace schannel_double
