import type { SchannelErrorCode } from './codes.js';

/** What to do about each code of the library, in a sentence or two; an error's own advice knows the case better. */
export const CODE_REMEDIES: Readonly<Record<SchannelErrorCode, string>> = {
  ERR_SCHANNEL_UNSUPPORTED_PLATFORM: 'Ask isSupported first, and use node:tls elsewhere.',

  ERR_SCHANNEL_IMPORT_DAMAGED: 'Copy or export the file again.',
  ERR_SCHANNEL_IMPORT_EMPTY: 'Export the file again with its certificates, or import the key alone.',
  ERR_SCHANNEL_IMPORT_ITERATIONS: 'Export the file with fewer, or raise the limit if the file is yours.',
  ERR_SCHANNEL_IMPORT_LEFTOVERS: 'Remove by hand what the message names; the cause says why it stayed.',
  ERR_SCHANNEL_IMPORT_PASSWORD_MISSING: 'Give the password.',
  ERR_SCHANNEL_IMPORT_PASSWORD_WRONG: 'Check the password.',
  ERR_SCHANNEL_IMPORT_TOO_LARGE: 'Check that it is the right file, or raise the limit.',
  ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS: 'Split the file, or raise the limit.',
  ERR_SCHANNEL_IMPORT_UNRECOGNIZED: 'Check that it is the right file.',
  ERR_SCHANNEL_IMPORT_UNSUPPORTED: 'Export the file again with AES-256 and SHA-256, or 3DES and SHA-1.',

  ERR_SCHANNEL_KEY_ACCESS_DENIED:
    'Grant this account read access to the key (certlm.msc, Manage Private Keys).',
  ERR_SCHANNEL_KEY_CANCELLED: 'Try again.',
  ERR_SCHANNEL_KEY_DIALOG: 'Allow dialogs (silent: false), in a session with a desktop.',
  ERR_SCHANNEL_KEY_EXISTS: 'Choose another name, or leave it to the library.',
  ERR_SCHANNEL_KEY_MISMATCH: 'Use the key that the certificate was issued for.',
  ERR_SCHANNEL_KEY_MISSING: 'Import the PFX rather than the certificate.',
  ERR_SCHANNEL_KEY_NOT_EXPORTABLE:
    'Import the key again as exportable, if you have its file; else use it where it is.',
  ERR_SCHANNEL_KEY_NOT_FOUND:
    "Check that the key was not deleted, and whose it is: the user's or the machine's.",
  ERR_SCHANNEL_KEY_UNSUPPORTED: 'Use another padding or digest, or put the key into another provider.',

  ERR_SCHANNEL_OPTION_CERTIFICATE: 'Give a certificate as PEM, DER or P7B, and complete.',
  ERR_SCHANNEL_OPTION_UNSUPPORTED: 'Leave the option out, or use node:tls for this connection.',

  ERR_SCHANNEL_PEER_ALERT: "Look up the alert, and the peer's log.",
  ERR_SCHANNEL_PEER_ALPN: 'Offer a protocol in ALPNProtocols that the peer supports.',
  ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE: 'Have the peer use one that is encoded by the rules of X.509.',
  ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED: 'Give one by the options certificate, pfx, or cert and key.',
  ERR_SCHANNEL_PEER_CORRUPT_RECORD: 'Look for a device on the way that changes the traffic.',
  ERR_SCHANNEL_PEER_FLOOD: 'The peer is broken or hostile: look into its log.',
  ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE: 'The peer is broken or hostile, or sends a very long chain.',
  ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE: 'Update the peer; check that it speaks TLS on this port.',
  ERR_SCHANNEL_PEER_NO_RENEGOTIATION: 'Open another connection for what this one lacks.',
  ERR_SCHANNEL_PEER_NOT_TLS: 'Check the port; use STARTTLS where the server expects it.',
  ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM:
    "Compare minVersion, maxVersion and the suites of Get-TlsCipherSuite with the peer's.",
  ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH: 'Ask in the first handshake, by requestCert.',
  ERR_SCHANNEL_PEER_RECORD_INVALID: 'Look for a device on the way, or another writer on the same stream.',
  ERR_SCHANNEL_PEER_RECORD_OVERFLOW: 'The peer is broken or hostile: look into its log.',
  ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE:
    "Check validity, usage and issuer of the client certificate; the peer's log has the reason.",
  ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT: 'Ask for the client certificate in the first handshake.',
  ERR_SCHANNEL_PEER_STARTTLS_CLOSED: "Look into the server's log; it may refuse this address.",
  ERR_SCHANNEL_PEER_STARTTLS_INJECTION:
    'Look for somebody between here and the server who may have added it.',
  ERR_SCHANNEL_PEER_STARTTLS_LIMIT: 'Check that the port belongs to this protocol.',
  ERR_SCHANNEL_PEER_STARTTLS_REPLY: 'Check that the port belongs to this protocol.',
  ERR_SCHANNEL_PEER_TRUNCATED: 'Repeat the exchange.',

  ERR_SCHANNEL_STARTTLS_TIMEOUT: 'The port may expect TLS from the first byte (465, 993, 995).',
  ERR_SCHANNEL_STARTTLS_UNAVAILABLE:
    'If the server offered TLS before, somebody may be in between; else use its port for implicit TLS.',

  ERR_SCHANNEL_STORE_ACCESS_DENIED:
    'Open the store with readOnly, run as administrator, or use the stores of the user.',
  ERR_SCHANNEL_STORE_CANCELLED:
    'Confirm the dialog, or write LocalMachine\\Root as administrator, which asks nobody.',
  ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND:
    'Look for it by schannel cert find, also in the stores of the machine.',
  ERR_SCHANNEL_STORE_EXISTS: 'Use what is there, or say that it is to be replaced.',
  ERR_SCHANNEL_STORE_KEY_SHARED: 'Remove the other certificate first, or leave the key where it is.',
  ERR_SCHANNEL_STORE_NAME:
    "Name it as 'CurrentUser\\MY', and a certificate as 'CurrentUser\\MY\\<thumbprint>'.",
  ERR_SCHANNEL_STORE_NOT_FOUND: 'Check the name of the store; the option create makes it.',
  ERR_SCHANNEL_STORE_READ_ONLY:
    'Open the store without readOnly; change what policy fills where the policy is made.',
  ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED:
    'Give { trustRoot: true } if that is meant; LocalMachine\\Root asks nobody and needs an administrator.',

  ERR_SCHANNEL_SYSTEM_CREDENTIAL:
    'Check that the private key is persisted in Windows and readable by this account.',
  ERR_SCHANNEL_SYSTEM_FAILURE: 'Look up the status of the error, and look at the System event log.',
  ERR_SCHANNEL_SYSTEM_MEMORY: 'Close connections, or give the process more memory.',
  ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED:
    'Widen minVersion and maxVersion, or enable a version in the registry (SCHANNEL\\Protocols).',
  ERR_SCHANNEL_SYSTEM_RENEGOTIATION: 'Have the server ask for a certificate in its first handshake.',
  ERR_SCHANNEL_SYSTEM_UNSUPPORTED: 'Leave the option out, or update Windows.',

  ERR_SCHANNEL_USAGE_BUSY: 'Ask again when it is over.',
  ERR_SCHANNEL_USAGE_CLOSED: "Listen for 'close'.",
  ERR_SCHANNEL_USAGE_PHASE: "Wait for 'secureConnect'.",
};
