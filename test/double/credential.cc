#include "double/credential.h"

#include <cstring>

namespace schannel_double {
namespace {

constexpr DWORD kClientBits =
    SP_PROT_TLS1_0_CLIENT | SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT;
constexpr DWORD kServerBits =
    SP_PROT_TLS1_0_SERVER | SP_PROT_TLS1_1_SERVER | SP_PROT_TLS1_2_SERVER | SP_PROT_TLS1_3_SERVER;

Cert Decode(PCCERT_CONTEXT context) {
  const unsigned char* at = context->pbCertEncoded;
  return Cert(d2i_X509(nullptr, &at, static_cast<long>(context->cbCertEncoded)));
}

bool IsRoot(X509* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

// The issuers, as Schannel finds them in the system stores when the credential is made, without
// the root. [certificates 1] [certificates 2]
std::vector<Cert> BuildChain(X509* leaf, const std::vector<Cert>& authorities) {
  std::vector<Cert> chain;
  X509* current = leaf;
  for (int depth = 0; depth < 8 && !IsRoot(current); ++depth) {
    X509* issuer = nullptr;
    for (const Cert& candidate : authorities) {
      if (X509_check_issued(candidate.get(), current) == X509_V_OK &&
          X509_verify(current, X509_get0_pubkey(candidate.get())) == 1) {
        issuer = candidate.get();
        break;
      }
    }
    if (issuer == nullptr || IsRoot(issuer)) break;
    X509_up_ref(issuer);
    chain.emplace_back(issuer);
    current = issuer;
  }
  return chain;
}

struct Request {
  DWORD flags = 0;
  DWORD lifespan = 0;
  DWORD count = 0;
  PCCERT_CONTEXT* certificates = nullptr;
  HCERTSTORE roots = nullptr;
  DWORD denied = 0;   // SP_PROT_* bits
  DWORD enabled = 0;  // SP_PROT_* bits; 0 is the system's default
};

SECURITY_STATUS ReadRequest(bool server, void* auth_data, Request& request) {
  switch (*static_cast<const DWORD*>(auth_data)) {
    case SCH_CREDENTIALS_VERSION: {
      if (!CurrentProfile().sch_credentials) return SEC_E_UNKNOWN_CREDENTIALS;  // [credentials 1]
      const auto& data = *static_cast<const SCH_CREDENTIALS*>(auth_data);
      request.flags = data.dwFlags;
      request.lifespan = data.dwSessionLifespan;
      request.count = data.cCreds;
      request.certificates = data.paCred;
      request.roots = data.hRootStore;
      if (data.dwCredFormat != 0) Violate("SCH_CREDENTIALS: dwCredFormat is not 0 [credentials 7]");
      if (data.cMappers != 0) Violate("SCH_CREDENTIALS: cMappers is not 0 [credentials 7]");
      if (data.cTlsParameters > SCH_CRED_MAX_SUPPORTED_PARAMETERS) return SEC_E_INVALID_PARAMETER;
      if ((data.cTlsParameters == 0) != (data.pTlsParameters == nullptr)) {
        Violate("SCH_CREDENTIALS: cTlsParameters does not fit pTlsParameters [credentials 6]");
      }
      for (DWORD index = 0; index < data.cTlsParameters; ++index) {
        const TLS_PARAMETERS& parameters = data.pTlsParameters[index];
        request.denied |= parameters.grbitDisabledProtocols;
        if (!server && (parameters.cAlpnIds != 0 || parameters.dwFlags != 0)) {
          Violate("TLS_PARAMETERS of a client: cAlpnIds and dwFlags must be 0 [credentials 6]");
          return SEC_E_INVALID_PARAMETER;
        }
      }
      return SEC_E_OK;
    }
    case SCHANNEL_CRED_VERSION: {
      const auto& data = *static_cast<const SCHANNEL_CRED*>(auth_data);
      request.flags = data.dwFlags;
      request.lifespan = data.dwSessionLifespan;
      request.count = data.cCreds;
      request.certificates = data.paCred;
      request.roots = data.hRootStore;
      request.enabled = data.grbitEnabledProtocols;
      request.denied = SP_PROT_TLS1_3;  // [credentials 2]
      return SEC_E_OK;
    }
    default:
      return SEC_E_UNKNOWN_CREDENTIALS;  // [credentials 9]
  }
}

void CheckFlags(bool server, DWORD flags) {
  if (server) {
    if ((flags & SCH_CRED_NO_SYSTEM_MAPPER) == 0)
      Violate("a server without NO_SYSTEM_MAPPER: Windows would look for an account [flags 3]");
    return;
  }
  if ((flags & SCH_CRED_MANUAL_CRED_VALIDATION) == 0) {
    Violate("a client without MANUAL_CRED_VALIDATION: Windows would judge its server [flags 1]");
  }
  if ((flags & SCH_CRED_NO_DEFAULT_CREDS) == 0) {
    Violate("a client without NO_DEFAULT_CREDS: Windows may choose a certificate [flags 2]");
  }
  if ((flags & SCH_CRED_DISABLE_RECONNECTS) != 0) {
    Violate("a client with DISABLE_RECONNECTS, which is for servers [flags 4]");
  }
}

int AcceptPeer(X509_STORE_CTX*, void*) { return 1; }  // the caller judges it [flags 1]

}  // namespace

DoubleCredential::~DoubleCredential() {
  for (const Identity& identity : identities) {
    if (identity.context != nullptr) CertFreeCertificateContext(identity.context);
  }
}

SECURITY_STATUS MakeCredential(ULONG use, void* auth_data,
                               std::shared_ptr<DoubleCredential>& made) {
  // [credentials 8]
  if (use != SECPKG_CRED_INBOUND && use != SECPKG_CRED_OUTBOUND) return SEC_E_NO_CREDENTIALS;
  const bool server = use == SECPKG_CRED_INBOUND;
  if (auth_data == nullptr) return SEC_E_NO_CREDENTIALS;
  Request request;
  const SECURITY_STATUS status = ReadRequest(server, auth_data, request);
  if (status != SEC_E_OK) return status;
  CheckFlags(server, request.flags);

  const Profile& profile = CurrentProfile();
  const DWORD side = server ? kServerBits : kClientBits;
  DWORD protocols = request.enabled != 0 ? request.enabled & side : profile.defaults & side;
  if (request.enabled == 0 && request.denied != 0) {
    // A deny list only takes away: what is off by default stays off. [credentials 4]
    protocols = profile.defaults & side;
  }
  protocols &= ~request.denied;
  // [credentials 3]
  if (!profile.tls13) protocols &= ~static_cast<DWORD>(SP_PROT_TLS1_3);
  if (request.enabled != 0) protocols &= profile.defaults;  // [credentials 4]
  if (protocols == 0) return SEC_E_ALGORITHM_MISMATCH;      // [credentials 5]

  auto credential = std::make_shared<DoubleCredential>();
  credential->server = server;
  credential->flags = request.flags;
  credential->protocols = protocols;
  credential->lifespan = request.lifespan;
  credential->ctx.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* const ctx = credential->ctx.get();
  if (ctx == nullptr) return SEC_E_INSUFFICIENT_MEMORY;

  SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
  // [certificates 7]
  constexpr uint64_t kPlainCertificates =
      SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION;
  uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT | kPlainCertificates;
  if ((protocols & SP_PROT_TLS1_0) == 0) options |= SSL_OP_NO_TLSv1;
  if ((protocols & SP_PROT_TLS1_1) == 0) options |= SSL_OP_NO_TLSv1_1;
  if ((protocols & SP_PROT_TLS1_2) == 0) options |= SSL_OP_NO_TLSv1_2;
  if ((protocols & SP_PROT_TLS1_3) == 0) options |= SSL_OP_NO_TLSv1_3;
  if (server) {
    // A resumed session would show no certificate, which is what a server renegotiates for.
    options |= SSL_OP_ALLOW_CLIENT_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
               SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;
  }
  SSL_CTX_set_options(ctx, options);
  SSL_CTX_set_cipher_list(ctx,
                          "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
                          "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
                          "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:"
                          "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:"
                          "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:"
                          "ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:"
                          "ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:"
                          "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:"
                          "AES256-SHA:AES128-SHA@SECLEVEL=0");
  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
  SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, &AcceptPeer, nullptr);

  // [credentials 16]
  const std::vector<Cert> authorities =
      request.count == 0 ? std::vector<Cert>() : SystemAuthorities();
  for (DWORD index = 0; index < request.count; ++index) {
    Identity identity;
    PCCERT_CONTEXT const context = request.certificates[index];
    identity.leaf = Decode(context);
    if (identity.leaf == nullptr) return SEC_E_UNKNOWN_CREDENTIALS;  // [credentials 9]
    const SECURITY_STATUS key = LsassKey(context, identity.key);
    if (key != SEC_E_OK) return key;
    if (X509_check_private_key(identity.leaf.get(), identity.key.get()) != 1) {
      return SEC_E_UNKNOWN_CREDENTIALS;  // [credentials 12]
    }
    identity.chain = BuildChain(identity.leaf.get(), authorities);
    // The caller may free its own. [calls 8]
    identity.context = CertDuplicateCertificateContext(context);
    if (server) {
      SSL_CTX_use_certificate(ctx, identity.leaf.get());
      SSL_CTX_use_PrivateKey(ctx, identity.key.get());
      SSL_CTX_clear_chain_certs(ctx);
      for (const Cert& issuer : identity.chain) SSL_CTX_add1_chain_cert(ctx, issuer.get());
    }
    credential->identities.push_back(std::move(identity));
  }

  if (server) {
    const unsigned char id[] = "double";
    SSL_CTX_set_session_id_context(ctx, id, sizeof id);
    if ((request.flags & SCH_CRED_DISABLE_RECONNECTS) != 0) {  // [flags 4]
      SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
      SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    }
    if (request.roots != nullptr) {  // [credentials 15]
      STACK_OF(X509_NAME)* const names = sk_X509_NAME_new_null();
      PCCERT_CONTEXT each = nullptr;
      size_t octets = 0;
      while ((each = CertEnumCertificatesInStore(request.roots, each)) != nullptr) {
        const Cert authority = Decode(each);
        if (authority == nullptr) continue;
        constexpr size_t kLongestList = 16 * 1024;  // the list is cut [credentials 18]
        const int size = i2d_X509_NAME(X509_get_subject_name(authority.get()), nullptr);
        octets += 2 + static_cast<size_t>(size);
        if (octets > kLongestList) continue;
        sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(authority.get())));
      }
      SSL_CTX_set0_CA_list(ctx, names);
    }
  } else {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  }
  made = std::move(credential);
  return SEC_E_OK;
}

}  // namespace schannel_double
