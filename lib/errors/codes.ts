/**
 * Every code of the family ERR_SCHANNEL_…, with one sentence each; docs/errors.md tells more. Trust failures are not
 * here: they keep the codes of node:tls (see lib/certificate/verify-codes.ts).
 */
export const SCHANNEL_ERROR_CODES = {
  ERR_SCHANNEL_UNSUPPORTED_PLATFORM: 'This is not Windows, or the native add-on cannot be loaded.',

  ERR_SCHANNEL_OPTION_CERTIFICATE: 'A certificate that was given cannot be read.',

  ERR_SCHANNEL_PEER_ALERT: 'The peer ended the handshake or the connection with a fatal alert.',
  ERR_SCHANNEL_PEER_ALPN: 'The two sides have no application protocol (ALPN) in common.',
  ERR_SCHANNEL_PEER_CORRUPT_RECORD: 'A record failed its integrity check or came out of order.',
  ERR_SCHANNEL_PEER_FLOOD: 'The peer sent too many records or messages that carry no data.',
  ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE: 'The handshake of the peer is larger than the limit.',
  ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE: 'The peer sent a message that TLS does not allow.',
  ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM:
    'The two sides have no protocol version, cipher suite or signature algorithm in common.',
  ERR_SCHANNEL_PEER_NOT_TLS: 'The server answered with something that is not TLS.',
  ERR_SCHANNEL_PEER_RECORD_INVALID: 'Bytes came in a TLS stream that are no record.',
  ERR_SCHANNEL_PEER_RECORD_OVERFLOW: 'A record is longer than the protocol allows.',
  ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE: 'The peer does not accept our certificate.',
  ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED: 'The peer demands a client certificate and none was given.',

  ERR_SCHANNEL_SYSTEM_CREDENTIAL: 'Windows cannot use the certificate or its private key.',
  ERR_SCHANNEL_SYSTEM_FAILURE: 'A Windows call failed.',
  ERR_SCHANNEL_SYSTEM_MEMORY: 'Windows is out of memory or of resources.',
  ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED: 'The policy of this machine leaves no protocol version to use.',
  ERR_SCHANNEL_SYSTEM_UNSUPPORTED: 'This version of Windows does not offer what was asked for.',

  ERR_SCHANNEL_OPTION_UNSUPPORTED: 'Schannel, or this version of the library, cannot honour an option.',

  ERR_SCHANNEL_USAGE_CLOSED: 'The connection or credential was used after it was closed.',
  ERR_SCHANNEL_USAGE_PHASE: 'An operation was asked for at a moment in which a connection does not have it.',
} as const;

/** A code of the library's own. */
export type SchannelErrorCode = keyof typeof SCHANNEL_ERROR_CODES;
