/* GnuTLS' failures as the statuses Windows gives for the same cause, as far as they are known. */
#include "gnutls.h"
#include "shim.h"

#define SEC_E_UNSUPPORTED_FUNCTION ((Status)0x80090302)
#define SEC_E_MESSAGE_ALTERED ((Status)0x8009030F)
#define SEC_E_UNTRUSTED_ROOT ((Status)0x80090325)
#define SEC_E_ILLEGAL_MESSAGE ((Status)0x80090326)
#define SEC_E_CERT_UNKNOWN ((Status)0x80090327)
#define SEC_E_CERT_EXPIRED ((Status)0x80090328)
#define SEC_E_DECRYPT_FAILURE ((Status)0x80090330)
#define SEC_E_ALGORITHM_MISMATCH ((Status)0x80090331)
#define SEC_E_APPLICATION_PROTOCOL_MISMATCH ((Status)0x80090367)

/* AlertDescription of RFC 8446, section 6. */
enum {
  kBadRecordMac = 20,
  kBadCertificate = 42,
  kUnsupportedCertificate = 43,
  kCertificateExpired = 45,
  kCertificateUnknown = 46,
  kUnknownCa = 48,
  kProtocolVersion = 70,
  kNoApplicationProtocolAlert = 120,
};

static Status StatusOfAlert(int alert) {
  switch (alert) {
    case kBadRecordMac:
      return SEC_E_MESSAGE_ALTERED;
    case kBadCertificate:
    case kUnsupportedCertificate:
    case kCertificateUnknown:
      return SEC_E_CERT_UNKNOWN;
    case kCertificateExpired:
      return SEC_E_CERT_EXPIRED;
    case kUnknownCa:
      return SEC_E_UNTRUSTED_ROOT;
    case kProtocolVersion:
      return SEC_E_UNSUPPORTED_FUNCTION;
    case kNoApplicationProtocolAlert:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    default:
      return SEC_E_ILLEGAL_MESSAGE;
  }
}

Status StatusOf(const struct Outcome* failure, enum Phase phase) {
  switch (failure->error) {
    case kFatalAlertReceived:
    case kWarningAlertReceived:
      return StatusOfAlert(failure->alert);
    case kUnsupportedVersion:
    case kNoCipherSuites:
    case kUnknownCipherSuite:
    case kInsufficientCredentials:
      return SEC_E_ALGORITHM_MISMATCH;
    case kNoApplicationProtocol:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case kDecryptionFailed:
      return phase == kHandshake ? SEC_E_MESSAGE_ALTERED : SEC_E_DECRYPT_FAILURE;
    case kUnexpectedPacket:
    case kUnexpectedPacketLength:
      return phase == kHandshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_DECRYPT_FAILURE;
    default:
      return phase == kHandshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_INTERNAL_ERROR;
  }
}
