/** What an error code means. Words in backticks are code; docs/errors.md shows them so, `schannel explain` plainly. */
export interface CodeEntry {
  /** What happened, in full sentences. */
  readonly meaning: string;
  /** What to do about it. The `advice` of an error is about the case at hand, this is about every case. */
  readonly remedy: string;
}

/**
 * Every code of the family ERR_SCHANNEL_…. This is the one place to add a code: scripts/draw-errors.mjs makes the rows
 * of docs/errors.md from it. Trust failures are not here: they keep the codes of node:tls
 * (lib/windows/trust/verify-texts.ts).
 */
export const SCHANNEL_ERROR_CODES = {
  ERR_SCHANNEL_TUNNEL_ACCEPT: {
    meaning:
      'A warning: a tunnel failed to take a connection. It listens again in a moment. `cause` is the error of the system.',
    remedy: 'If it happens often, look at what else the process and the machine have open.',
  },
  ERR_SCHANNEL_TUNNEL_BUSY: {
    meaning: 'One side of a tunnel took nothing for the time of `busy`, although data waited for it.',
    remedy: 'Look for a program or a machine that hangs, or raise the limit.',
  },
  ERR_SCHANNEL_TUNNEL_CONNECT: {
    meaning: 'No target of a tunnel could be reached. The message has the reason for each.',
    remedy: 'Check that the target runs, and that this machine can reach it.',
  },
  ERR_SCHANNEL_TUNNEL_CUT_OFF: {
    meaning: 'A tunnel has ended, and a connection was not over within the time to drain it.',
    remedy: 'Give connections more time to end.',
  },
  ERR_SCHANNEL_TUNNEL_EXPOSED: {
    meaning: 'A warning: a client tunnel takes connections in the clear from other machines.',
    remedy: 'Listen on 127.0.0.1, unless the network there is as trusted as this machine.',
  },
  ERR_SCHANNEL_TUNNEL_IDLE: {
    meaning:
      'Nothing went through a connection of a tunnel for the time of `idle`, or for that of `close` after one side had ended.',
    remedy: 'Raise the limit if the connection should have stayed open.',
  },
  ERR_SCHANNEL_TUNNEL_LIFETIME: {
    meaning: 'A connection of a tunnel was open for the time of `lifetime`.',
    remedy: 'Raise the limit if the connection should have stayed open.',
  },
  ERR_SCHANNEL_TUNNEL_LIMIT: {
    meaning: 'A tunnel has as many connections as its limits allow.',
    remedy: 'Raise the limit if these connections are wanted. Otherwise find out who opens them.',
  },
  ERR_SCHANNEL_TUNNEL_LISTEN: {
    meaning: 'A tunnel cannot listen on its address. `cause` is the error of the system.',
    remedy: 'Take another port, or stop the program that listens there.',
  },
  ERR_SCHANNEL_TUNNEL_NOT_ALLOWED: {
    meaning: 'The certificate of a peer is missing, not trusted, or not among those that a tunnel allows.',
    remedy: 'Add a rule for the certificate, if its owner should come through.',
  },
  ERR_SCHANNEL_TUNNEL_PROGRAM: {
    meaning:
      'A warning: a program that a tunnel has started wrote to its standard error, failed, or had to be killed.',
    remedy: 'Look at what the program wrote. It should end when its standard input ends.',
  },
  ERR_SCHANNEL_TUNNEL_UNVERIFIED: {
    meaning: 'A warning: a client tunnel does not verify the certificates of its targets.',
    remedy:
      'Leave `rejectUnauthorized` out, and give the authority of the targets in `ca` if Windows does not know it.',
  },
  ERR_SCHANNEL_TUNNEL_WORKER: {
    meaning:
      'A process of `schannel tunnel --workers` has ended by itself. Another one takes its place; its connections are lost.',
    remedy: 'Look at what it wrote before it ended, and report it if that does not explain it.',
  },

  ERR_SCHANNEL_UNSUPPORTED_PLATFORM: {
    meaning: 'This system is not Windows, or the native add-on cannot be loaded.',
    remedy: 'Check `isSupported` first, and use `node:tls` on other systems.',
  },

  ERR_SCHANNEL_ACME_ACCOUNT: {
    meaning: 'The ACME account is missing, was ended, or is not one that the server accepts.',
    remedy:
      'Register an account with what the server requires: a contact, or a key that the authority has issued.',
  },
  ERR_SCHANNEL_ACME_ANSWER: {
    meaning: 'The ACME server did not answer, or sent something that no ACME server sends.',
    remedy: 'Check the URL of the directory, and whether a proxy or a login page answers for it.',
  },
  ERR_SCHANNEL_ACME_BUSY: {
    meaning: 'Another process of this machine renews certificates, and has not ended within half an hour.',
    remedy: 'Find out what it waits for, and end it if it hangs. The message has the file that it has open.',
  },
  ERR_SCHANNEL_ACME_CAA: {
    meaning: 'A CAA record of the domain forbids the authority to issue certificates.',
    remedy: 'Permit the authority in the CAA record. `schannel acme preflight` says which record it is.',
  },
  ERR_SCHANNEL_ACME_CERTIFICATE: {
    meaning:
      'The server sent a certificate with another key, without one of the names, that is not valid now, or with a broken chain. It was not stored.',
    remedy:
      'If it is not valid now, check the clock of this machine. Otherwise the authority is at fault. The next attempt asks for the certificate again, and after that for a new one.',
  },
  ERR_SCHANNEL_ACME_CHALLENGE: {
    meaning:
      "A challenge for a name can't be answered here: the server offers none that is set up, or the answer could not be shown.",
    remedy:
      'Set up one of the kinds of challenges that the message names, or mend what it says is in the way: a folder, a right, a key.',
  },
  ERR_SCHANNEL_ACME_CLOCK: {
    meaning:
      'The clock of this machine is far from that of the ACME server, so nothing was renewed or deleted.',
    remedy: 'Set the clock: `w32tm /resync`.',
  },
  ERR_SCHANNEL_ACME_CONFIG: {
    meaning:
      'The file that says which certificates there are is missing or wrong, or a secret that it needs is missing.',
    remedy: 'Correct what the message names. docs/cli.md has the members of the file.',
  },
  ERR_SCHANNEL_ACME_CONNECTION: {
    meaning: 'The ACME server could not reach the name that it had to check, or not by TLS.',
    remedy:
      'Check that the name leads to this machine from the Internet, on port 80 or 443. `schannel acme preflight` looks for what is usually in the way.',
  },
  ERR_SCHANNEL_ACME_DNS: {
    meaning: 'The ACME server could not look up a record of the name.',
    remedy: 'Check the records of the name at its name servers.',
  },
  ERR_SCHANNEL_ACME_HOOK: {
    meaning: 'A program that runs after each new certificate has failed. The certificate is in its store.',
    remedy: 'Correct the program. It is run again by itself.',
  },
  ERR_SCHANNEL_ACME_IDENTIFIER: {
    meaning: 'The authority issues no certificates for one of the names. `problem` says for which.',
    remedy: 'Leave the name out, or use another authority.',
  },
  ERR_SCHANNEL_ACME_ORDER: {
    meaning:
      'The order failed, or the server has not decided in time. `problem` has its reason, if it gave one.',
    remedy: 'Begin again with a new order.',
  },
  ERR_SCHANNEL_ACME_RATE_LIMITED: {
    meaning: 'The authority issues no more for now. `retryAfter` says until when.',
    remedy: 'Wait until then. Every further request of the kind counts against you.',
  },
  ERR_SCHANNEL_ACME_REFUSED: {
    meaning: 'The ACME server refused for another reason, which `problem` has.',
    remedy: 'Read the reason of the server.',
  },
  ERR_SCHANNEL_ACME_REQUEST: {
    meaning: 'The authority does not accept the certificate request, or its key.',
    remedy: 'Use another type of key, or fewer names.',
  },
  ERR_SCHANNEL_ACME_SERVER: {
    meaning: 'The ACME server failed.',
    remedy: 'Try again later.',
  },
  ERR_SCHANNEL_ACME_STATE: {
    meaning:
      'The journal of an order, or a file of a manager or of a challenge server, cannot be written, is damaged or in use, or was written by a newer version. Nothing was ordered or changed.',
    remedy:
      'Check that the disk has space and that this account may write there. Let only one process use it.',
  },
  ERR_SCHANNEL_ACME_TASK: {
    meaning: 'Windows has not made or removed the scheduled task. The message has its reason.',
    remedy: 'Run the command as administrator.',
  },
  ERR_SCHANNEL_ACME_TERMS: {
    meaning: 'The ACME server has terms of service that nobody has agreed to. The message has their address.',
    remedy: 'Read them, and agree with `termsOfServiceAgreed: true`.',
  },
  ERR_SCHANNEL_ACME_UNAUTHORIZED: {
    meaning:
      'The ACME server found something else than the proof that it expected, or the account may not do this.',
    remedy:
      'Check what the name shows to others: the file on port 80, the record in DNS, the certificate on port 443.',
  },

  ERR_SCHANNEL_BINDING_ACCESS_DENIED: {
    meaning: 'This account may not change the bindings of http.sys, or not read them.',
    remedy: 'Run the command as administrator.',
  },
  ERR_SCHANNEL_BINDING_CERTIFICATE: {
    meaning:
      "Windows can't use the certificate for http.sys, or clients would refuse it. The error has `reasons`, unless Windows itself has refused.",
    remedy:
      'Import the certificate with its private key into `LocalMachine\\MY`. `schannel cert check --server` shows what is wrong with it.',
  },
  ERR_SCHANNEL_BINDING_CHANGED: {
    meaning: 'Another program has changed the binding since it was looked at. Nothing was overwritten.',
    remedy: 'Look at it: `schannel binding show`. Then run the command again.',
  },
  ERR_SCHANNEL_BINDING_EXISTS: {
    meaning: 'Another program has made a binding of the same address or name and port meanwhile.',
    remedy: 'Look at it: `schannel binding show`. Then run the command again.',
  },
  ERR_SCHANNEL_BINDING_FAILURE: {
    meaning: 'Windows refused to read or change a binding of http.sys, or its answer makes no sense.',
    remedy: 'The message has the reason of Windows. Check the host name and the port of the binding.',
  },
  ERR_SCHANNEL_BINDING_KEY: {
    meaning: 'The text names no binding.',
    remedy: 'Use `address:port`, `[IPv6 address]:port`, `host:port`, `ccs:port` or `ccs:host:port`.',
  },
  ERR_SCHANNEL_BINDING_LEFTOVERS: {
    meaning: 'A change has failed, and not all of it could be undone. The message names the bindings.',
    remedy: 'Look at these bindings with `schannel binding show`, and set them again.',
  },
  ERR_SCHANNEL_BINDING_NOT_FOUND: {
    meaning: 'There is no binding of this address or name and port.',
    remedy: 'List the bindings: `schannel binding ls`.',
  },
  ERR_SCHANNEL_BINDING_OWNED: {
    meaning: 'The binding belongs to IIS, which will write it again from its own settings.',
    remedy:
      'Change the binding of the site in IIS. `--owned` (`owned: true`) changes http.sys anyway, until IIS writes it again.',
  },
  ERR_SCHANNEL_BINDING_UNVERIFIED: {
    meaning:
      'Windows reported success, but a binding is not as it was written. Wine reports success without doing anything.',
    remedy: 'Look at the binding with `schannel binding show`.',
  },

  ERR_SCHANNEL_CA_CERTIFICATE_AMBIGUOUS: {
    meaning: 'Several certificates of the authority have this name. `candidates` lists them.',
    remedy: 'Give the serial number of the one.',
  },
  ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND: {
    meaning: 'The authority has not issued this certificate.',
    remedy: 'List its certificates with `schannel ca ls`.',
  },
  ERR_SCHANNEL_CA_CLOCK: {
    meaning: 'The clock of this machine is behind the last event of the authority. Nothing was signed.',
    remedy: 'Set the clock.',
  },
  ERR_SCHANNEL_CA_DAMAGED: {
    meaning:
      "The authority's log was changed, cut short or written by a later version, or a file in its folder cannot be read. " +
      'The message names the line.',
    remedy: 'Compare the folder with a backup, and examine it with `schannel ca verify`.',
  },
  ERR_SCHANNEL_CA_EXISTS: {
    meaning: 'The folder for a new authority is not empty. Nothing was changed.',
    remedy: 'Choose another folder.',
  },
  ERR_SCHANNEL_CA_INCOMPLETE: {
    meaning: 'The authority has no certificate yet: another one has to sign its request.',
    remedy: 'Have `ca.csr` in its folder signed, and give the result to `schannel ca complete`.',
  },
  ERR_SCHANNEL_CA_KEY_MISSING: {
    meaning: "The authority's private key is not there, or the authority was opened without it.",
    remedy: 'Use the machine and the account with which it was made, or restore the file of the key.',
  },
  ERR_SCHANNEL_CA_FOLDER_OPEN: {
    meaning:
      'Others can write to the folder of the authority, so they could change its log or its templates. The message says who.',
    remedy: 'Run the command in the advice, which takes their rights away, and try again.',
  },
  ERR_SCHANNEL_CA_LOCKED: {
    meaning: 'Another process is using the authority. The message says which one.',
    remedy: 'Wait until it has ended. If it is gone for certain, delete the file that the advice names.',
  },
  ERR_SCHANNEL_CA_NOT_FOUND: {
    meaning: 'There is no authority in the folder.',
    remedy: 'Check the folder, or create an authority with `schannel ca init`.',
  },
  ERR_SCHANNEL_CA_REFUSED: {
    meaning:
      'What was asked for breaks the rules of the authority, or programs would refuse the certificate. `reasons` lists all of ' +
      'them.',
    remedy: 'Change the request, the options or the template.',
  },
  ERR_SCHANNEL_CA_TEMPLATE: {
    meaning: 'The template does not exist, cannot be read, or contradicts itself. The message says where.',
    remedy: 'Compare it with those that `schannel ca templates` prints.',
  },

  ERR_SCHANNEL_DNS_ANSWER: {
    meaning: 'The answer of a DNS server was malformed, or not signed by the shared key.',
    remedy: 'Check that the key is the same on both sides.',
  },
  ERR_SCHANNEL_DNS_CONNECTION: {
    meaning: 'A DNS server, or the service that changes records, could not be reached.',
    remedy: 'Check its address, and whether a firewall is between.',
  },
  ERR_SCHANNEL_DNS_REFUSED: {
    meaning:
      'A DNS server, or the service that changes records, refused the change. The message has its reason.',
    remedy: 'Give the key or the account the right to change this name.',
  },
  ERR_SCHANNEL_DNS_ZONE: {
    meaning: 'No zone was found for the name.',
    remedy: 'Check the server or the account, or give the zone.',
  },

  ERR_SCHANNEL_ENROL_ANSWER: {
    meaning: 'An authority sent an answer that its protocol does not have, or a certificate for another key.',
    remedy: 'Check the address and the protocol. If both are right, ask the people who run the authority.',
  },
  ERR_SCHANNEL_ENROL_TOOL_MISSING: {
    meaning: 'The request was to be sent by `certreq.exe`, which this Windows does not have.',
    remedy: 'Send it from another machine, or by the web enrolment of the authority.',
  },
  ERR_SCHANNEL_ENROL_UNAUTHORIZED: {
    meaning:
      'An authority does not accept the user, the password or the certificate that the request came with.',
    remedy: 'Check them, and what the authority requires.',
  },
  ERR_SCHANNEL_ENROL_UNTRUSTED: {
    meaning:
      'An authority has no certificate with the fingerprint that was given, so nothing was sent to it.',
    remedy: 'Compare the fingerprint with the one that the authority publishes.',
  },

  ERR_SCHANNEL_IMPORT_DAMAGED: {
    meaning: 'The file was cut short or changed, or its content is malformed.',
    remedy: 'Copy or export the file again.',
  },
  ERR_SCHANNEL_IMPORT_EMPTY: {
    meaning: 'The file holds no certificate. A store cannot hold a key without its certificate.',
    remedy: 'Export the file again with its certificates, or import only the key.',
  },
  ERR_SCHANNEL_IMPORT_ITERATIONS: {
    meaning:
      'The file asks for more iterations of a key derivation than the limit allows (600,000, as on Windows), or for more ' +
      'work in total.',
    remedy: 'Export it with fewer iterations, or raise the limit if the file is yours.',
  },
  ERR_SCHANNEL_IMPORT_LEFTOVERS: {
    meaning:
      'An import failed, and some of what it had added could not be removed. The message names what is left, and `cause` ' +
      'is the first failure.',
    remedy: 'Remove by hand what the message names.',
  },
  ERR_SCHANNEL_IMPORT_PASSWORD_MISSING: {
    meaning: 'The file needs a password and none was given.',
    remedy: 'Give the password.',
  },
  ERR_SCHANNEL_IMPORT_PASSWORD_WRONG: {
    meaning:
      'The password is wrong. If the file has no MAC, or if a salt was changed, damage looks the same.',
    remedy: 'Check the password.',
  },
  ERR_SCHANNEL_IMPORT_TOO_LARGE: {
    meaning:
      'The file, or the part of it that RC2 encrypts, is larger than the limit, or it is nested too deeply.',
    remedy: 'Check that it is the right file, or raise the limit.',
  },
  ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS: {
    meaning: 'The file holds more keys and certificates than the limit allows.',
    remedy: 'Split the file, or raise the limit.',
  },
  ERR_SCHANNEL_IMPORT_UNRECOGNIZED: {
    meaning: 'The file is not of the expected kind. The message says what it looks like.',
    remedy: 'Check that it is the right file.',
  },
  ERR_SCHANNEL_IMPORT_UNSUPPORTED: {
    meaning: 'The file uses an algorithm that is not supported. The message names it.',
    remedy: 'Export the file again with AES-256 and SHA-256, or with 3DES and SHA-1.',
  },

  ERR_SCHANNEL_KEY_ACCESS_DENIED: {
    meaning: 'This account may not use the private key.',
    remedy:
      'Grant it with `schannel cert grant`, as an administrator, or in certlm.msc with Manage Private Keys.',
  },
  ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND: {
    meaning: 'Windows knows no account of this name, so no rights to a key can be given to it.',
    remedy: 'Check the spelling, or give the security identifier (`S-1-…`).',
  },
  ERR_SCHANNEL_KEY_CANCELLED: {
    meaning: 'The user cancelled the dialog for the private key.',
    remedy: 'Try again.',
  },
  ERR_SCHANNEL_KEY_DIALOG: {
    meaning:
      'Windows must show a dialog before the private key can be used (a PIN, a consent), and `silent` forbids it.',
    remedy: 'Allow dialogs (`silent: false`), in a session with a desktop.',
  },
  ERR_SCHANNEL_KEY_EXISTS: {
    meaning: 'A private key with this name exists already. Nothing was replaced.',
    remedy: 'Choose another name, or let the library choose one.',
  },
  ERR_SCHANNEL_KEY_MISMATCH: {
    meaning: 'The private key belongs to another certificate.',
    remedy: 'Use the key that the certificate was issued for.',
  },
  ERR_SCHANNEL_KEY_MISSING: {
    meaning: 'The certificate has no private key.',
    remedy: 'Import the PFX, which includes the key, instead of the certificate.',
  },
  ERR_SCHANNEL_KEY_NOT_EXPORTABLE: {
    meaning: 'The private key cannot be exported from Windows.',
    remedy: 'Import the key again as exportable if you have its file. Otherwise use it where it is.',
  },
  ERR_SCHANNEL_KEY_NOT_FOUND: {
    meaning: 'There is no such private key, or this account cannot see it.',
    remedy: "Check that the key was not deleted, and whether it is among the user's keys or the machine's.",
  },
  ERR_SCHANNEL_KEY_RECORD_DAMAGED: {
    meaning:
      'The registry has a record of a key that an import, or a removal, did not come to its end with, and it cannot be read. ' +
      'Nothing is deleted for it.',
    remedy: 'Delete the value that `advice` names.',
  },
  ERR_SCHANNEL_KEY_RIGHTS_DAMAGED: {
    meaning: 'Windows reported the rights to a private key in a form that cannot be read or written.',
    remedy: 'Look at the rights with `icacls`, and repair them there.',
  },
  ERR_SCHANNEL_KEY_RIGHTS_DENIED: {
    meaning: 'An entry in the rights denies the account the private key, so nothing that is granted helps.',
    remedy: 'Remove the entry that denies it (certlm.msc, Manage Private Keys).',
  },
  ERR_SCHANNEL_KEY_RIGHTS_NOT_CHANGED: {
    meaning:
      'The rights to the private key were changed, but they were not the same when they were read back. The message says ' +
      'whether the change was undone.',
    remedy: 'Look at the rights with `schannel cert rights`, and try again.',
  },
  ERR_SCHANNEL_KEY_UNSUPPORTED: {
    meaning: 'The provider of the private key does not support the operation.',
    remedy: 'Use another padding or digest, or move the key to another provider.',
  },

  ERR_SCHANNEL_OPTION_CERTIFICATE: {
    meaning:
      'The value of an option (`ca`, `crl`) holds no certificate or list, or one that cannot be read. The message says what ' +
      'it is instead.',
    remedy: 'Give complete PEM or DER; `ca` can also be P7B.',
  },
  ERR_SCHANNEL_OPTION_UNSUPPORTED: {
    meaning:
      'An option asks for something that Schannel cannot do. The message names the option and the reason.',
    remedy: 'Leave the option out, or use `node:tls` for this connection.',
  },

  ERR_SCHANNEL_PEER_ALERT: {
    meaning: 'The peer ended the handshake or the connection with a fatal alert. `alert` says which one.',
    remedy: "Follow `advice`, which depends on the alert. The peer's log has the reason.",
  },
  ERR_SCHANNEL_PEER_ALPN: {
    meaning: 'The two sides have no application protocol in common (alert `no_application_protocol`).',
    remedy: 'Offer a protocol in `ALPNProtocols` that the peer supports.',
  },
  ERR_SCHANNEL_PEER_CERTIFICATE_POLICY: {
    meaning:
      "The peer's chain is trusted, but not issued under one of `requiredPolicies` (phase `verify`, alert " +
      '`unsupported_certificate`). Every certificate below the anchor must name the policy; mapped policies do not count.',
    remedy: 'Use a certificate of an authority that issues under one of them, or change `requiredPolicies`.',
  },
  ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE: {
    meaning:
      "The peer's certificate is not valid X.509, so its name and issuer cannot be read (phase `verify`, alert " +
      '`bad_certificate`). Windows may accept such a certificate. With `rejectUnauthorized: false` the connection stays open, ' +
      'and `getPeerCertificate()` returns `{}`.',
    remedy:
      'Give the peer a correctly encoded certificate. `verification.chain[0]` has the bytes of the present one.',
  },
  ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED: {
    meaning: 'The peer requires a client certificate, and none was sent.',
    remedy: 'Give a certificate in `certificate`, in `pfx`, or in `cert` and `key`.',
  },
  ERR_SCHANNEL_PEER_CORRUPT_RECORD: {
    meaning: 'A record failed its integrity check or arrived out of order.',
    remedy: 'Look for a device between the two sides that changes the traffic.',
  },
  ERR_SCHANNEL_PEER_FLOOD: {
    meaning:
      'The peer sent too many records without data (empty records, tickets, key updates) compared with those that have ' +
      'data, or it keeps requesting answers without reading them.',
    remedy: "The peer is broken or hostile: check the peer's log.",
  },
  ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE: {
    meaning: 'The peer sent more handshake bytes than the limit allows.',
    remedy: 'The peer is broken or hostile, or its certificate chain is very long.',
  },
  ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE: {
    meaning:
      'The peer sent a malformed message, chose something that was not offered, or sent something that Schannel refuses, ' +
      'such as a certificate signed with MD5.',
    remedy: 'Update the peer, and check that it uses TLS on this port.',
  },
  ERR_SCHANNEL_PEER_KEY_NOT_PINNED: {
    meaning:
      "None of the keys in the server's chain is among the option `pins` (phase `verify`, alert `bad_certificate`). Pins are " +
      'checked after the chain, also for resumed sessions and with `rejectUnauthorized: false`.',
    remedy:
      'If the server has got a new key, add its pin, which its owner tells you. Otherwise another server may have answered.',
  },
  ERR_SCHANNEL_PEER_NOT_TLS: {
    meaning:
      'The first bytes from the peer are not TLS. The message says what they look like (HTTP, an SMTP greeting, …).',
    remedy: 'Check the port. Use STARTTLS if the server expects it.',
  },
  ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM: {
    meaning:
      'The two sides have no protocol version, cipher suite or signature algorithm in common (alerts `protocol_version`, ' +
      '`insufficient_security`).',
    remedy:
      'Compare `minVersion`, `maxVersion` and the cipher suites of `Get-TlsCipherSuite` with what the peer supports.',
  },
  ERR_SCHANNEL_PEER_NO_RENEGOTIATION: {
    meaning:
      'The peer declined a renegotiation (alert `no_renegotiation`). The connection continues with its present parameters.',
    remedy: 'Open a new connection with the parameters you need.',
  },
  ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH: {
    meaning:
      'This TLS 1.3 client does not support a certificate request after the handshake (RFC 8446 §4.2.6). Few clients do.',
    remedy: 'Request the certificate in the first handshake, with `requestCert`.',
  },
  ERR_SCHANNEL_PEER_RECORD_INVALID: {
    meaning: 'In the middle of the stream, the peer sent bytes that cannot begin a TLS record.',
    remedy: 'Look for a device that changes the traffic, or for other code that writes to the same stream.',
  },
  ERR_SCHANNEL_PEER_RECORD_OVERFLOW: {
    meaning: 'The peer sent a record that is longer than the protocol allows.',
    remedy: "The peer is broken or hostile: check the peer's log.",
  },
  ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE: {
    meaning:
      'The peer does not accept our certificate (alerts `bad_certificate` to `certificate_unknown`, `unknown_ca`, ' +
      '`access_denied`).',
    remedy: "Check validity, usage and issuer of the certificate. The peer's log has the reason.",
  },
  ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT: {
    meaning:
      'The peer requested more renegotiations than the limit allows, or requested one after this side had ended the ' +
      'connection.',
    remedy: 'Request the client certificate in the first handshake.',
  },
  ERR_SCHANNEL_PEER_TRUNCATED: {
    meaning: 'The connection ended without close_notify, or within a record. Data may be missing.',
    remedy: 'Repeat the exchange.',
  },

  ERR_SCHANNEL_PROBE_NOT_TLS: {
    meaning: 'A server that was probed answered with something that is not TLS. `reply` is how it began.',
    remedy: 'Check the port, and give the protocol of STARTTLS if there is one.',
  },
  ERR_SCHANNEL_PROBE_TARGET: {
    meaning: 'A server that was probed cannot be reached. `cause` is the error of the network.',
    remedy: 'Check the name and the port, and whether a firewall is in between.',
  },

  ERR_SCHANNEL_REQUEST_AMBIGUOUS: {
    meaning:
      'Several pending requests, or several certificates of the file, could be meant. The message names them.',
    remedy: 'Select one by its reference, or use a file with only one certificate.',
  },
  ERR_SCHANNEL_REQUEST_DAMAGED: {
    meaning:
      'The file is no certificate request, or one that is malformed: cut short, changed, with a name or an extension that ' +
      'is invalid or present twice. The message says which.',
    remedy: 'Check that it is the right file, and have it made or copied again.',
  },
  ERR_SCHANNEL_REQUEST_INF: {
    meaning:
      'The INF file asks for something that is not known or not possible. The message names the line. No line is ignored.',
    remedy: 'Correct the line, or leave it out.',
  },
  ERR_SCHANNEL_REQUEST_KEY: {
    meaning:
      'The key of the request is too weak or malformed: an RSA key of less than 2048 bits, an even exponent, a point that ' +
      'is not on its curve.',
    remedy: 'Have a request made with a new key: RSA with 2048 bits or more, or on the curve P-256 or P-384.',
  },
  ERR_SCHANNEL_REQUEST_NOT_FOUND: {
    meaning:
      'No pending request has the key of this certificate, or this reference. The message says what is pending.',
    remedy:
      'Complete the request on the machine and in the location (user or machine) where it was made. If its entry was ' +
      'deleted but the key still exists, use `--search-keys`.',
  },
  ERR_SCHANNEL_REQUEST_SIGNATURE: {
    meaning: 'The request is not signed by its own key, so its sender may not have the key.',
    remedy: 'Have the request made or copied again.',
  },
  ERR_SCHANNEL_REQUEST_UNSUPPORTED: {
    meaning:
      'The key or the signature of the request is of a kind that is not supported. The message names it.',
    remedy: 'Have the request made with RSA, P-256, P-384 or P-521, and signed with SHA-256 or longer.',
  },

  ERR_SCHANNEL_STARTTLS_UNAVAILABLE: {
    meaning:
      'The server does not offer TLS, or refuses it. `reply` holds what it said. None of your data was sent ' +
      'unencrypted.',
    remedy:
      'If the server offered TLS before, an attacker may be in between. Otherwise use its port for implicit TLS.',
  },
  ERR_SCHANNEL_STARTTLS_TIMEOUT: {
    meaning: 'The peer did not send what was due in time before the upgrade to TLS.',
    remedy:
      'It may expect, or begin with, TLS from the first byte (465, 993, 995): connect so, or let a server take both.',
  },
  ERR_SCHANNEL_STARTTLS_BACKEND: {
    meaning: 'The target of a server tunnel gave no greeting, refused the connection or ended it before TLS.',
    remedy: 'Check that the target speaks this protocol in the clear, and see its log.',
  },
  ERR_SCHANNEL_PEER_STARTTLS_INJECTION: {
    meaning:
      'Clear text arrived behind the request or the go-ahead for TLS, before the handshake (CVE-2011-0411). It was not read.',
    remedy: 'Look for an attacker or a proxy between here and the peer.',
  },
  ERR_SCHANNEL_PEER_STARTTLS_CLOSED: {
    meaning: 'The peer closed the connection before the upgrade to TLS.',
    remedy:
      "Check the server's log: it may refuse this address. A client may refuse to go on, or be a scan of ports.",
  },
  ERR_SCHANNEL_PEER_STARTTLS_LIMIT: {
    meaning: 'What the peer sent before the upgrade to TLS is longer than the limit allows.',
    remedy: 'Check that the port belongs to this protocol.',
  },
  ERR_SCHANNEL_PEER_STARTTLS_REPLY: {
    meaning: 'The server sent a reply that the upgrade to TLS does not allow.',
    remedy: 'Check that the port belongs to this protocol.',
  },
  ERR_SCHANNEL_PEER_STARTTLS_COMMAND: {
    meaning: 'A client did something else than to ask for TLS. Its requests were refused.',
    remedy: 'Set the client so that it uses STARTTLS, and insists on it.',
  },

  ERR_SCHANNEL_PROXY_REFUSED: {
    meaning:
      'A proxy did not connect to its target: it does not permit it, or has no way there. `reply` holds the HTTP status or the code of SOCKS.',
    remedy:
      'Ask who runs the proxy for a rule for this host and port. Many HTTP proxies permit CONNECT to port 443 only.',
  },
  ERR_SCHANNEL_PROXY_ACCOUNT: {
    meaning: 'A proxy wants a user and a password, or refuses those that it got.',
    remedy: 'Give the right ones. For a proxy that wants Negotiate or NTLM, set `auth`, or `--proxy-auth`.',
  },
  ERR_SCHANNEL_PROXY_UNREACHABLE: {
    meaning: 'The first proxy cannot be reached. `cause` is the error of the connection.',
    remedy: 'Check its host and port, and whether it is running.',
  },
  ERR_SCHANNEL_PROXY_TIMEOUT: {
    meaning:
      'The connection through proxies was not there in time. The message says which step took too long.',
    remedy: 'Check the protocol of the proxy, and whether it has a way to the target.',
  },
  ERR_SCHANNEL_PROXY_SETTINGS: {
    meaning:
      'The proxy settings of Windows, or variables with proxies, cannot be used. `cause` has the reason.',
    remedy: 'Correct the settings, or name the proxy.',
  },
  ERR_SCHANNEL_SIGN_IN_FAILURE: {
    meaning:
      'Windows could not make a token of Negotiate or NTLM. `status` and `syscall` are those of the call that failed.',
    remedy:
      'See the advice of the error: mostly there is no account, no service of this name in the domain, or no way to a domain controller.',
  },
  ERR_SCHANNEL_PEER_SIGN_IN: {
    meaning:
      'The other side does not keep to Negotiate or NTLM: its token is wrong, it does not come to an end, or it does not prove who it is though `mutual` asks for it.',
    remedy: 'Check that the name is the one of the service, and see the log of the other side.',
  },
  ERR_SCHANNEL_PEER_PROXY_REPLY: {
    meaning: 'What answers is no proxy of the kind that was expected.',
    remedy: 'Check the host, the port and the protocol of the proxy, and whether it is reached by TLS.',
  },
  ERR_SCHANNEL_PEER_PROXY_LIMIT: {
    meaning: 'The answer of a proxy is longer than the limit allows.',
    remedy: 'Check that the host and the port belong to a proxy of this kind.',
  },
  ERR_SCHANNEL_PEER_PROXY_CLOSED: {
    meaning: 'A proxy closed the connection before it had answered.',
    remedy: 'See the log of the proxy. It may not permit this client, or it may expect TLS.',
  },
  ERR_SCHANNEL_PEER_PROXY_HEADER: {
    meaning:
      'A connection does not begin with a header of the PROXY protocol as it should, or with a wrong one. It was closed.',
    remedy:
      'Have the sender send the header before TLS. If it does not, take its address from the list of those that do.',
  },

  ERR_SCHANNEL_SECRET_FOREIGN: {
    meaning:
      'Windows cannot decrypt the secret here. It was protected on another machine or by another user, or it or its entropy file was changed.',
    remedy:
      'Enter the secret again. A backup that is restored on another machine has everything but its secrets.',
  },

  ERR_SCHANNEL_POLICY_ACCESS_DENIED: {
    meaning: 'This account may not change the TLS settings of Windows. Nothing was changed.',
    remedy: 'Run the command as administrator: elevated, where Windows asks for consent.',
  },
  ERR_SCHANNEL_POLICY_CHANGED: {
    meaning:
      'A setting is no longer as it was when the change was planned, or as an undo file says that it was left. Nothing was changed.',
    remedy: 'Look at what it is now: `schannel policy show`. Then plan again, or undo with `--force`.',
  },
  ERR_SCHANNEL_POLICY_DECIDED: {
    meaning: 'A group policy decides this. A change of the local setting would have no effect.',
    remedy: 'Change the group policy. `gpresult /h report.html` says which one it is.',
  },
  ERR_SCHANNEL_POLICY_FILE: {
    meaning: 'A file cannot be used to undo a change: it is damaged, or changes more than TLS settings.',
    remedy: 'Use the file that `schannel policy set` has written. It can also be imported by `reg import`.',
  },
  ERR_SCHANNEL_POLICY_LEFTOVERS: {
    meaning:
      'A change failed halfway, and not all of it could be taken back. The message names what is left.',
    remedy: 'Import the undo file, if there is one: `reg import FILE`. `cause` is the first failure.',
  },
  ERR_SCHANNEL_POLICY_UNSAFE: {
    meaning:
      'The change would leave a machine that cannot use TLS: no version or no cipher suite is left, or Windows does not know what is asked for.',
    remedy: 'Ask for what this Windows has: `schannel policy show`.',
  },
  ERR_SCHANNEL_POLICY_UNVERIFIED: {
    meaning: 'Windows reported that a setting was changed, and it was not. What was changed was taken back.',
    remedy: 'Look for a program that resets the setting. On Wine, cipher suites cannot be set.',
  },

  ERR_SCHANNEL_SERVICE_ACCESS_DENIED: {
    meaning: 'This account may not change services, or not this one.',
    remedy: 'Run the command as administrator.',
  },
  ERR_SCHANNEL_SERVICE_CERTIFICATE: {
    meaning:
      'The account of the service would not find the certificate, or could not use its private key. The stores of a user are separate for each account.',
    remedy:
      'Import the certificate with its key into `LocalMachine\\MY`, and name this store in the command. `schannel service install` lets the account use the key.',
  },
  ERR_SCHANNEL_SERVICE_COMMAND: {
    meaning: "The command can't be run by a service, or the service manager would read it differently.",
    remedy: 'Use a command that runs until it is stopped, with absolute paths and without `%NAME%`.',
  },
  ERR_SCHANNEL_SERVICE_EXISTS: {
    meaning: 'There is a service of this name, or a source of events of this name, already.',
    remedy: 'Choose another name, or remove the service first.',
  },
  ERR_SCHANNEL_SERVICE_FAILURE: {
    meaning: 'The service manager refused, or the service has ended with an error.',
    remedy:
      'The message has the reason of Windows. `schannel service logs` shows what the service has written.',
  },
  ERR_SCHANNEL_SERVICE_FOREIGN: {
    meaning: 'The service was not installed by this library, so it is left alone.',
    remedy: 'Check the name. Use `sc.exe` for services of other programs.',
  },
  ERR_SCHANNEL_SERVICE_NAME: {
    meaning: 'The name of a service is not one that is permitted here.',
    remedy: 'Use 1 to 80 letters, digits, `.`, `_` and `-` that begin with a letter or a digit.',
  },
  ERR_SCHANNEL_SERVICE_NOT_FOUND: {
    meaning: 'There is no service of this name.',
    remedy: 'Check the name: `sc.exe query` lists all services.',
  },
  ERR_SCHANNEL_SERVICE_OUTSIDE: {
    meaning: "This process was not started by the service manager, so it can't be a service.",
    remedy:
      'Start the service: `schannel service start`. Call `runAsService()` only in a process that was started as a service.',
  },
  ERR_SCHANNEL_SERVICE_TIMEOUT: {
    meaning: 'The service did not start or stop in the time that it has for that.',
    remedy: 'Look at what it has written: `schannel service logs`.',
  },
  ERR_SCHANNEL_SERVICE_UNSAFE: {
    meaning:
      'Others could change a program or a file that the service runs or reads, and so act with the rights of its account.',
    remedy:
      'Put it where only administrators can write, such as `C:\\Program Files`. The message has a command that ends their right.',
  },

  ERR_SCHANNEL_SETTINGS_DENIED: {
    meaning: 'A request to the settings page had no valid key. Keys end after eight hours without use.',
    remedy: 'Open the page with a new link, which `schannel web settings` prints.',
  },
  ERR_SCHANNEL_SETTINGS_FILE: {
    meaning:
      'The settings file cannot be used: a later version has written it, it is damaged, or others can write to it or its folder, or replace them. It was not changed; a damaged one is kept under another name.',
    remedy:
      'Use the version that has written it, or another file; enter the settings of a damaged one again. Settings name programs to run, so only administrators may write them.',
  },
  ERR_SCHANNEL_SETTINGS_HOST: {
    meaning:
      'A request to the settings page was for another host than this machine. The name of a hostile site may lead here (DNS rebinding).',
    remedy: 'Use the address that `schannel web settings` prints.',
  },
  ERR_SCHANNEL_SETTINGS_INVALID: {
    meaning:
      'Settings have values that are not possible. The message names each of them. Nothing was saved, or served.',
    remedy: 'Correct the values.',
  },
  ERR_SCHANNEL_SETTINGS_LINK: {
    meaning: 'The link to the settings page was used before, or is older than ten minutes.',
    remedy: 'Have `schannel web settings` print a new one.',
  },
  ERR_SCHANNEL_SETTINGS_ORIGIN: {
    meaning: 'A page of another site, or of another port, sent a request to the settings page.',
    remedy: 'Close that page. A program has to send the `Origin` of the settings page.',
  },
  ERR_SCHANNEL_SETTINGS_REQUEST: {
    meaning:
      'A request to the settings page is too large, is no JSON, or is for something that is not there.',
    remedy: 'Send what the page sends: JSON of at most 256 KiB, as `application/json`.',
  },

  ERR_SCHANNEL_STORE_ACCESS_DENIED: {
    meaning: 'This account may not open or change the certificate store.',
    remedy: 'Open the store with `readOnly`, run as administrator, or use a store of the user.',
  },
  ERR_SCHANNEL_STORE_CANCELLED: {
    meaning:
      'The user declined the dialog that Windows shows for `CurrentUser\\Root`, or there is no desktop to show it on.',
    remedy: 'Confirm the dialog, or write to `LocalMachine\\Root` as administrator, which shows no dialog.',
  },
  ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND: {
    meaning: 'The certificate is not in the store.',
    remedy: 'Search for it with `schannel cert find`, and look in the stores of the machine as well.',
  },
  ERR_SCHANNEL_STORE_EXISTS: {
    meaning: 'The certificate store, or the certificate in it, exists already.',
    remedy: 'Use the existing one, or ask for it to be replaced.',
  },
  ERR_SCHANNEL_STORE_KEY_SHARED: {
    meaning:
      'The private key that should be deleted with this certificate also belongs to another certificate in the store. ' +
      'Nothing was removed.',
    remedy: 'Remove the certificate without its key, or remove the other certificate first.',
  },
  ERR_SCHANNEL_STORE_NAME: {
    meaning:
      'The text is not the name of a store, or of a certificate in one. The message says what is wrong with it.',
    remedy: 'Write it as `MY`, `LocalMachine\\Root` or `CurrentUser\\MY\\<thumbprint>`.',
  },
  ERR_SCHANNEL_STORE_NOT_FOUND: {
    meaning: 'There is no such certificate store. A misspelled name never creates one.',
    remedy: 'Check the name of the store. The option `create` creates it.',
  },
  ERR_SCHANNEL_STORE_READ_ONLY: {
    meaning: 'The store was opened with `readOnly`, or group policy or the domain controls its contents.',
    remedy: 'Open the store without `readOnly`. Change group policy where it is defined.',
  },
  ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED: {
    meaning:
      'Every program of this user would trust the root, and the call does not confirm that this is intended.',
    remedy:
      'Pass `trustRoot: true`, with a user present to confirm the dialog of Windows. Or use `LocalMachine\\Root` as ' +
      'administrator, which shows no dialog. Or trust the root for one connection, with `ca`.',
  },

  ERR_SCHANNEL_SYSTEM_CREDENTIAL: {
    meaning: 'Windows cannot use the certificate or its private key.',
    remedy: 'Check that the private key is stored in Windows and that this account may read it.',
  },
  ERR_SCHANNEL_SYSTEM_FAILURE: {
    meaning: 'A Windows call failed. `syscall` says which one, and `statusName` why.',
    remedy: 'Follow `advice`, look up the status, and check the System event log.',
  },
  ERR_SCHANNEL_SYSTEM_MEMORY: {
    meaning: 'Windows is out of memory or of resources.',
    remedy: 'Close connections, or give the process more memory.',
  },
  ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED: {
    meaning: 'The policy of this machine leaves no protocol version to use.',
    remedy:
      'Widen `minVersion` and `maxVersion`, or enable a version in the registry (`SCHANNEL\\Protocols`).',
  },
  ERR_SCHANNEL_SYSTEM_RENEGOTIATION: {
    meaning:
      'The server requested a renegotiation (TLS 1.2), which Wine does not support and Windows does. Apache requests one ' +
      'if `SSLVerifyClient` is set for a location.',
    remedy:
      'Let the server request the certificate in its first handshake (`SSLVerifyClient` for the whole host).',
  },
  ERR_SCHANNEL_SYSTEM_UNSUPPORTED: {
    meaning: 'This version of Windows does not support the requested feature.',
    remedy: 'Leave the option out, or update Windows.',
  },

  ERR_SCHANNEL_TUNNEL_CONFIG: {
    meaning: 'A configuration file of a tunnel is wrong, or a file that it names cannot be read.',
    remedy:
      'Correct the line that the message names. `schannel tunnel FILE --check` reads the file without starting anything.',
  },
  ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED: {
    meaning: 'A configuration file has an option of stunnel that Windows or a tunnel has no counterpart for.',
    remedy: 'Do what `advice` says. docs/tunnel.md has every option, and why some are refused.',
  },

  ERR_SCHANNEL_USAGE_BUSY: {
    meaning:
      'Windows is processing a handshake message on this connection for longer than a ticket or a key update takes, or ' +
      'another handshake was requested and the peer has not answered yet.',
    remedy: 'Try again when that is over.',
  },
  ERR_SCHANNEL_USAGE_CLOSED: {
    meaning: 'A connection, credential, certificate or store was used after it was closed.',
    remedy: "Listen for `'close'`, and close a store only after its certificates were used.",
  },
  ERR_SCHANNEL_USAGE_PHASE: {
    meaning:
      'The operation is not possible in the present phase of the connection, such as sending before the handshake.',
    remedy: "Wait for `'secureConnect'`.",
  },
} as const satisfies Readonly<Record<`ERR_SCHANNEL_${string}`, CodeEntry>>;

/** A code that this library defines. */
export type SchannelErrorCode = keyof typeof SCHANNEL_ERROR_CODES;
