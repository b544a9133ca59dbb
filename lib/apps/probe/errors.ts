import { toError } from '../../base/errors/to-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** ERR_SCHANNEL_PROBE_TARGET */
export function unreachable(thrown: unknown): SchannelError {
  const cause = toError(thrown);
  return new SchannelError('ERR_SCHANNEL_PROBE_TARGET', `The server cannot be reached: ${cause.message}`, {
    phase: 'connect',
    cause,
    advice: 'Check the name and the port, and whether a firewall is in between.',
  });
}

/** How servers of other protocols begin, or answer to what they cannot read. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\/|^<(!doctype|html)/i, 'This is HTTP without TLS. Try the port for HTTPS.'],
  [/^220[ -].*(smtp|mail|esmtp)/i, 'This is SMTP: add --starttls smtp.'],
  [/^220[ -]/, 'This is FTP or SMTP: add --starttls ftp or --starttls smtp.'],
  [/^\* OK/, 'This is IMAP: add --starttls imap.'],
  [/^\+OK/, 'This is POP3: add --starttls pop3.'],
  [/^"IMPLEMENTATION"/i, 'This is ManageSieve: add --starttls sieve.'],
  [/^20[01] /, 'This is NNTP: add --starttls nntp.'],
  [/^SSH-/, 'This is SSH, which has no TLS.'],
  [/mysql|mariadb/i, 'This is MySQL or MariaDB: add --starttls mysql.'],
];

const LONGEST_REPLY = 100;

/** ERR_SCHANNEL_PROBE_NOT_TLS. @param text how the answer began */
export function notTls(text: string): SchannelError {
  const [, advice] = BEGINNINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new SchannelError(
    'ERR_SCHANNEL_PROBE_NOT_TLS',
    'The server answered with something that is not TLS',
    {
      phase: 'handshake',
      reply: printable(text, LONGEST_REPLY),
      advice: advice ?? 'Check the port. If the protocol has STARTTLS, give its name (--starttls).',
    },
  );
}
