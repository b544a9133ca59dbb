import { GREETING_AFTER_STARTTLS } from '../adapters/mail/transport.js';
import type { ProxyAttempt } from '../adapters/proxy/choose-proxy.js';
import { formatAttempt } from './describe-proxy.js';
import { printable } from '../base/text/printable.js';
import { formatCertificate } from '../formats/description/certificate.js';
import { formatConnection, formatTrust, type Inspection } from '../formats/description/connection.js';
import type { OutputStream, Style } from './terminal.js';

/** The part of nodemailer's log entries that is used: which side sent the line. */
interface LogEntry {
  readonly tnx?: string;
}

type LogFunction = (entry: LogEntry, ...message: unknown[]) => void;

/** The dialogue of --verbose: the server's lines after S:, ours after C:, and the TLS facts where TLS begins. */
export class MailLog {
  readonly #out: OutputStream | null;
  readonly #style: Style;
  /** nodemailer's logger; it gets the lines that are sent under TLS. */
  readonly logger: Readonly<Record<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal', LogFunction>>;

  constructor(out: OutputStream | null, style: Style) {
    this.#out = out;
    this.#style = style;
    const ignore: LogFunction = () => undefined;
    this.logger = {
      trace: ignore,
      debug: (entry, message) => this.#dialogue(entry, String(message)),
      info: ignore,
      warn: ignore,
      error: ignore,
      fatal: ignore,
    };
  }

  /** Which proxy was taken, and why. */
  proxied(attempt: ProxyAttempt): void {
    this.#write(formatAttempt(attempt));
  }

  /** One line of the dialogue. */
  line(line: string, direction: 'sent' | 'received'): void {
    // What follows the mechanism of AUTH is derived from the password.
    const shown = direction === 'sent' ? line.replace(/^(AUTH \S+) .+$/i, '$1 ***') : line;
    this.#write([`${this.#style.dim(direction === 'sent' ? 'C:' : 'S:')} ${printable(shown)}`]);
  }

  /** The TLS facts, at the place in the dialogue where TLS begins. */
  secured({ connection, certificates, trust }: Inspection): void {
    const style = this.#style;
    const facts = [
      ...formatConnection(connection, style),
      ...certificates.flatMap((certificate, at) => formatCertificate(certificate, at + 1, style, Date.now())),
      ...formatTrust(trust, style, '--ca'),
    ];
    this.#write([style.good('-- TLS'), ...facts.map((line) => `   ${line}`), style.good('--')]);
  }

  #dialogue(entry: LogEntry, message: string): void {
    if (entry.tnx !== 'client' && entry.tnx !== 'server') return;
    const direction = entry.tnx === 'client' ? 'sent' : 'received';
    for (const line of message.split(/\r?\n/)) {
      if (`${line}\r\n` !== GREETING_AFTER_STARTTLS) this.line(line, direction);
    }
  }

  #write(lines: readonly string[]): void {
    this.#out?.write(`${lines.join('\n')}\n`);
  }
}
