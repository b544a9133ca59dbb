// The statuses of failures.
#include "double/context.h"

namespace schannel_double {

SECURITY_STATUS StatusOfAlert(int alert) {
  switch (alert) {  // [alerts 10]
    case 20:
    case 30:
      return SEC_E_MESSAGE_ALTERED;
    case 21:
    case 51:
      return SEC_E_DECRYPT_FAILURE;
    case 42:
    case 43:
    case 46:
      return SEC_E_CERT_UNKNOWN;
    case 44:
      return CRYPT_E_REVOKED;
    case 45:
      return SEC_E_CERT_EXPIRED;
    case 48:
      return SEC_E_UNTRUSTED_ROOT;
    case 49:
      return SEC_E_LOGON_DENIED;
    case 70:
      return SEC_E_UNSUPPORTED_FUNCTION;
    case 71:
      return SEC_E_ALGORITHM_MISMATCH;
    case 80:
      return SEC_E_INTERNAL_ERROR;
    case 90:
      return static_cast<SECURITY_STATUS>(0x80090333);  // SEC_E_UNFINISHED_CONTEXT_DELETED
    case 120:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;  // [alerts 11]
    default:
      return SEC_E_ILLEGAL_MESSAGE;
  }
}

// [steps 11] [steps 13] [records 9]
SECURITY_STATUS DoubleContext::Failure(bool in_handshake) {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  phase_ = Phase::kDead;
  if (seen.alert > 0) return StatusOfAlert(seen.alert);
  if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return StatusOfAlert(reason - SSL_AD_REASON_OFFSET);
  }
  switch (reason) {
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
      return SEC_E_ALGORITHM_MISMATCH;
    case ERR_R_EVP_LIB:
    case ERR_R_INTERNAL_ERROR:
      return SEC_E_INTERNAL_ERROR;  // the key did not sign [keys 28]
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      return choices.Of(Choice::kBadRecord, 2) == 0 ? SEC_E_DECRYPT_FAILURE : SEC_E_MESSAGE_ALTERED;
    default:
      return in_handshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_DECRYPT_FAILURE;
  }
}

}  // namespace schannel_double
