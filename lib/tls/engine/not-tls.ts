import { printable } from '../../base/text/printable.js';

/** Says in words what a peer sent instead of TLS, from its first bytes. */

const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\/\d/, 'an HTTP response: this port speaks HTTP without TLS'],
  [/^(GET|POST|HEAD|PUT|OPTIONS|CONNECT|PRI) /, 'an HTTP request'],
  [/^PROXY (TCP[46]|UNKNOWN)|^\r\n\r\n\0\r\nQUIT\n/, 'a header of the PROXY protocol'],
  [/^(EHLO|HELO|LHLO) /i, 'an SMTP command: STARTTLS comes before TLS'],
  [/^220[ -].*(smtp|mail|postfix|exim|sendmail)/i, 'an SMTP greeting: use STARTTLS on this port'],
  [/^220[ -].*ftp/i, 'an FTP greeting: use AUTH TLS on this port'],
  [/^220[ -]/, 'an SMTP or FTP greeting: use STARTTLS on this port'],
  [/^[45]\d\d[ -]/, 'an error reply in plain text (SMTP, FTP)'],
  [/^\* (OK|PREAUTH|BYE)/i, 'an IMAP greeting: use STARTTLS on this port'],
  [/^\+OK/, 'a POP3 greeting: use STLS on this port'],
  [/^20[01][ -].*(nntp|news|inn)/i, 'an NNTP greeting: use STARTTLS on this port'],
  [/^(:\S+ )?NOTICE (\*|AUTH) /, 'an IRC server: use STARTTLS before NICK and USER'],
  [/^"IMPLEMENTATION" /, 'a ManageSieve greeting: use STARTTLS on this port'],
  [/^SSH-/, 'an SSH greeting'],
  [/^<\?xml|^<stream/, 'an XMPP stream: use STARTTLS on this port'],
  [/^RFB \d/, 'a VNC server'],
];

/** E.g. `an SMTP greeting: use STARTTLS on this port ("220 mx ESMTP")`. */
export function describeNotTls(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 80));
  const text = start.toString('latin1');
  const line = text.split(/[\r\n]/)[0] ?? '';
  const quoted = JSON.stringify(printable(line));
  const look = LOOKS.find(([pattern]) => pattern.test(text));
  if (look) return `${look[1]} (${quoted})`;
  if (isSsl2Hello(bytes)) return 'an SSL 2 hello, which is not supported';
  if (/^[\x20-\x7e\t]+$/.test(line)) return `plain text (${quoted})`;
  return `bytes that are no TLS record (${start.subarray(0, 16).toString('hex')})`;
}

/** A record of two bytes of length with the top bit set, then CLIENT-HELLO (1) or SERVER-HELLO (4). */
function isSsl2Hello(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >= 0x80 && (bytes[2] === 1 || bytes[2] === 4);
}
