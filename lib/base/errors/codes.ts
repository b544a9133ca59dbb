/**
 * Every code of the family ERR_SCHANNEL_…, with one sentence each; docs/errors.md tells more. Trust failures are not
 * here: they keep the codes of node:tls (lib/windows/trust/verify-texts.ts).
 */
export const SCHANNEL_ERROR_CODES = {
  ERR_SCHANNEL_UNSUPPORTED_PLATFORM: 'This is not Windows, or the native add-on cannot be loaded.',

  ERR_SCHANNEL_IMPORT_DAMAGED: 'A PFX, certificate or key file is damaged.',
  ERR_SCHANNEL_IMPORT_EMPTY: 'A file holds no certificate.',
  ERR_SCHANNEL_IMPORT_ITERATIONS:
    'A file asks for more iterations of a key derivation, or more work in all, than the limit allows.',
  ERR_SCHANNEL_IMPORT_LEFTOVERS: 'An import failed, and not all that it had added could be removed again.',
  ERR_SCHANNEL_IMPORT_PASSWORD_MISSING: 'A PFX or key file needs a password and none was given.',
  ERR_SCHANNEL_IMPORT_PASSWORD_WRONG: 'The password does not fit the PFX or key file.',
  ERR_SCHANNEL_IMPORT_TOO_LARGE: 'A PFX, certificate or key file is larger or deeper than the limit allows.',
  ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS: 'A file holds more keys and certificates than the limit allows.',
  ERR_SCHANNEL_IMPORT_UNRECOGNIZED: 'A file is not of the kind that was expected.',
  ERR_SCHANNEL_IMPORT_UNSUPPORTED: 'A PFX or key file uses an algorithm that is not supported.',

  ERR_SCHANNEL_KEY_ACCESS_DENIED: 'This account may not use the private key.',
  ERR_SCHANNEL_KEY_CANCELLED: 'The person at the machine cancelled the dialog for the private key.',
  ERR_SCHANNEL_KEY_DIALOG: 'The private key needs a dialog (a PIN, a consent), and none may be shown.',
  ERR_SCHANNEL_KEY_EXISTS: 'There is a private key of this name already.',
  ERR_SCHANNEL_KEY_MISMATCH: 'The private key belongs to another certificate.',
  ERR_SCHANNEL_KEY_MISSING: 'The certificate has no private key.',
  ERR_SCHANNEL_KEY_NOT_EXPORTABLE: 'The private key may not leave Windows.',
  ERR_SCHANNEL_KEY_NOT_FOUND: 'There is no such private key, or this account cannot see it.',
  ERR_SCHANNEL_KEY_UNSUPPORTED: 'The provider of the private key cannot do what was asked for.',

  ERR_SCHANNEL_OPTION_CERTIFICATE: 'A file that was given holds no certificate, or one that cannot be read.',
  ERR_SCHANNEL_OPTION_UNSUPPORTED: 'An option asks for what Schannel cannot do.',

  ERR_SCHANNEL_PEER_ALERT: 'The peer ended the handshake or the connection with a fatal alert.',
  ERR_SCHANNEL_PEER_ALPN: 'The two sides have no application protocol (ALPN) in common.',
  ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE: 'The certificate of the peer cannot be read.',
  ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED: 'The peer demands a client certificate and none was given.',
  ERR_SCHANNEL_PEER_CORRUPT_RECORD: 'A record failed its integrity check or came out of order.',
  ERR_SCHANNEL_PEER_FLOOD: 'The peer sent too many messages that carry no data.',
  ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE: 'The peer sent more handshake bytes than the limit allows.',
  ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE: 'The peer sent a message that TLS does not allow.',
  ERR_SCHANNEL_PEER_NO_RENEGOTIATION: 'The peer declined to negotiate anew, and all is as it was.',
  ERR_SCHANNEL_PEER_NOT_TLS: 'The first bytes of the peer are not TLS.',
  ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM:
    'The two sides have no protocol version, cipher suite or signature algorithm in common.',
  ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH: 'The client takes no request for a certificate after its handshake.',
  ERR_SCHANNEL_PEER_RECORD_INVALID: 'Bytes in the TLS stream cannot begin a record.',
  ERR_SCHANNEL_PEER_RECORD_OVERFLOW: 'The peer sent a record longer than the protocol allows.',
  ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE: 'The peer does not accept our certificate.',
  ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT: 'The peer asked for more renegotiations than the limit allows.',
  ERR_SCHANNEL_PEER_STARTTLS_CLOSED: 'The server closed the connection before the upgrade to TLS.',
  ERR_SCHANNEL_PEER_STARTTLS_INJECTION: 'Clear text stood between the go-ahead for TLS and the handshake.',
  ERR_SCHANNEL_PEER_STARTTLS_LIMIT: 'A reply of the server is longer than the limit allows.',
  ERR_SCHANNEL_PEER_STARTTLS_REPLY: 'The server gave another reply than the upgrade to TLS needs.',
  ERR_SCHANNEL_PEER_TRUNCATED: 'The connection ended without close_notify: data may be missing.',

  ERR_SCHANNEL_STARTTLS_TIMEOUT: 'The server did not reply in time before the upgrade to TLS.',
  ERR_SCHANNEL_STARTTLS_UNAVAILABLE: 'The server offers no TLS, or refuses it.',

  ERR_SCHANNEL_STORE_ACCESS_DENIED: 'This account may not open or change the certificate store.',
  ERR_SCHANNEL_STORE_CANCELLED: 'The person at the machine refused the change of the certificate store.',
  ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND: 'There is no such certificate in the store.',
  ERR_SCHANNEL_STORE_EXISTS: 'The certificate store, or the certificate in it, exists already.',
  ERR_SCHANNEL_STORE_KEY_SHARED: 'Another certificate has the private key that was to be deleted.',
  ERR_SCHANNEL_STORE_NAME: 'A text does not name a certificate store, or a certificate in one.',
  ERR_SCHANNEL_STORE_NOT_FOUND: 'There is no such certificate store.',
  ERR_SCHANNEL_STORE_READ_ONLY: 'The certificate store was opened for reading only.',
  ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED: 'A root was to be trusted without the caller saying so.',

  ERR_SCHANNEL_SYSTEM_CREDENTIAL: 'Windows cannot use the certificate or its private key.',
  ERR_SCHANNEL_SYSTEM_FAILURE: 'A Windows call failed.',
  ERR_SCHANNEL_SYSTEM_MEMORY: 'Windows is out of memory or of resources.',
  ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED: 'The policy of this machine leaves no protocol version to use.',
  ERR_SCHANNEL_SYSTEM_RENEGOTIATION:
    'The peer asked for a renegotiation, in which this Windows takes no part.',
  ERR_SCHANNEL_SYSTEM_UNSUPPORTED: 'This version of Windows does not offer what was asked for.',

  ERR_SCHANNEL_USAGE_BUSY: 'Windows has the connection, or another handshake waits for the peer.',
  ERR_SCHANNEL_USAGE_CLOSED: 'A connection, credential, certificate or store was used after it was closed.',
  ERR_SCHANNEL_USAGE_PHASE: 'The operation is not possible in the present phase of the connection.',
} as const;

/** A code of the library's own. */
export type SchannelErrorCode = keyof typeof SCHANNEL_ERROR_CODES;
