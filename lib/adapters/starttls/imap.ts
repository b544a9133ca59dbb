import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import { readLineWithLiterals } from './literals.js';
import type { StartTlsProtocol } from './protocol.js';

/** STARTTLS of IMAP (RFC 9051 §6.2.1): greeting, capabilities, STARTTLS, OK. */
export const imap: StartTlsProtocol = async (dialogue) => {
  const greeting = await readLineWithLiterals(dialogue, 'the greeting');
  // After PREAUTH there is no way to TLS, so an attacker who forges it would get the session (RFC 9051 §11.1).
  if (!/^\* OK(\s|$)/i.test(greeting)) {
    throw unexpectedReply('The server does not begin with a session before login', greeting);
  }

  let offer = CAPABILITIES.exec(greeting)?.[1] ?? null;
  let text = greeting;
  if (offer === null) {
    const { status, untagged, tagged } = await command(dialogue, 'a1', 'CAPABILITY');
    if (status !== 'OK') return { ready: false, why: 'The server refused CAPABILITY', reply: tagged };
    offer = untagged.map((line) => /^\* CAPABILITY (.*)$/is.exec(line)?.[1] ?? '').join(' ');
    text = untagged.join('\n');
  }
  if (!offer.toUpperCase().split(/\s+/).includes('STARTTLS')) {
    return { ready: false, why: 'The server does not offer STARTTLS', reply: text };
  }

  const { status, tagged } = await command(dialogue, 'a2', 'STARTTLS');
  if (status === 'OK') return { ready: true };
  return { ready: false, why: 'The server refused STARTTLS', reply: tagged };
};

const CAPABILITIES = /^\* OK \[CAPABILITY ([^\]]*)\]/i;

interface Completion {
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly tagged: string;
  readonly untagged: readonly string[];
}

async function command(dialogue: Dialogue, tag: string, name: string): Promise<Completion> {
  const waitingFor = `the reply to ${name}`;
  dialogue.send(`${tag} ${name}`);
  const untagged: string[] = [];
  for (;;) {
    const line = await readLineWithLiterals(dialogue, waitingFor);
    const [, status] = /^a\d (OK|NO|BAD)(?:\s|$)/i.exec(line) ?? [];
    if (status !== undefined && line.startsWith(`${tag} `)) {
      return { status: status.toUpperCase() as Completion['status'], tagged: line, untagged };
    }
    if (/^\* BYE(\s|$)/i.test(line)) throw unexpectedReply('The server ends the session', line);
    if (!line.startsWith('* ')) {
      throw unexpectedReply(`What arrived as ${waitingFor} is not a reply of this protocol`, line);
    }
    if (untagged.length >= dialogue.limits.replyLines) {
      throw limitExceeded(
        `A reply of more than ${dialogue.limits.replyLines} lines arrived as ${waitingFor}`,
      );
    }
    untagged.push(line);
  }
}
