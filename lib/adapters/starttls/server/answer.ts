import type { Duplex } from 'node:stream';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import { Dialogue, type DialogueLimits } from '../dialogue.js';
import { noBackend, notAsked } from '../errors.js';
import { imap } from './imap.js';
import { ldap } from './ldap.js';
import { part } from './part.js';
import { pop3 } from './pop3.js';
import { postgres } from './postgres.js';
import type { Answer, Greeter, Greeting, ServerProtocol } from './protocol.js';
import { smtp } from './smtp.js';

const PROTOCOLS = { smtp, imap, pop3, ldap, postgres } as const satisfies Record<string, ServerProtocol>;

/** Names of the protocols in which {@link answerStartTls} can be the server. */
export type ServerProtocolName = keyof typeof PROTOCOLS;

export const serverProtocols = Object.freeze(Object.keys(PROTOCOLS)) as readonly ServerProtocolName[];

/** Whether the server speaks first: with a backend, that is the one whose greeting clients get. */
export const speaksFirst = (protocol: ServerProtocolName): boolean => PROTOCOLS[protocol].greeter !== null;

export interface AnswerOptions {
  readonly protocol: ServerProtocolName;
  /** Of this server, for greetings. */
  readonly name: string;
  /**
   * Also takes clients that begin with TLS. Where the server speaks first, it waits for them so many milliseconds
   * before it does. Null: takes no such clients.
   */
  readonly implicitTls: number | null;
  readonly limits: DialogueLimits;
  /** Time for the whole dialogue in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | null;
}

/**
 * Milliseconds that a client has to begin with TLS. As stunnel: long enough for clients that are not far, and hardly
 * noticed by a person.
 */
export const IMPLICIT_WAIT = 200;

export interface Answered {
  /** The client's stream, on which the next thing is its handshake. */
  readonly socket: Duplex;
  /** The client began with TLS. The greeting, if the protocol has one, is still to come. */
  readonly isImplicit: boolean;
}

/** The first byte of TLS: a record of the handshake. No request of these protocols begins with it. */
const HANDSHAKE = 0x16;

/** How much a client may ask for before it asks for TLS. */
const MOST_REQUESTS = 20;

/** Time for a client to take a goodbye, in milliseconds. */
const PARTING = 1000;

/** With these, a client has been told why. */
const EXPLAINED: readonly unknown[] = ['ERR_SCHANNEL_PEER_STARTTLS_COMMAND', 'ERR_SCHANNEL_STARTTLS_BACKEND'];

/**
 * Speaks a protocol as its server, until the client asks for TLS. Clear text behind the request is refused, and nothing
 * is answered then: an attacker could have put it there for the protected session (CVE-2011-0411).
 *
 * @param backend connected to the server behind this one, which speaks first and has not been heard; its greeting is
 *   passed on. For protocols in which clients speak first it is left alone. Null: this server greets by itself
 * @throws SchannelError ERR_SCHANNEL_PEER_STARTTLS_INJECTION, ERR_SCHANNEL_PEER_STARTTLS_COMMAND,
 *   ERR_SCHANNEL_PEER_STARTTLS_LIMIT, ERR_SCHANNEL_PEER_STARTTLS_CLOSED, ERR_SCHANNEL_STARTTLS_TIMEOUT,
 *   ERR_SCHANNEL_STARTTLS_BACKEND; the client's own error; an AbortError. The client's stream is destroyed then
 */
export async function answerStartTls(
  client: Duplex,
  backend: Duplex | null,
  options: AnswerOptions,
): Promise<Answered> {
  const { timeout, limits, signal } = options;
  const dialogue = new Dialogue(client, { timeout, limits, signal, onLine: null, peer: 'client' });
  try {
    const socket = await converse(dialogue, backend, options);
    return socket === null
      ? { socket: dialogue.giveBack(), isImplicit: true }
      : { socket, isImplicit: false };
  } catch (error) {
    if (EXPLAINED.includes((error as { readonly code?: unknown }).code)) {
      dialogue.detach();
      await part(client, PARTING);
    }
    dialogue.abandon();
    throw error;
  }
}

/** The client's stream after the go-ahead; null if it began with TLS. */
async function converse(
  dialogue: Dialogue,
  backend: Duplex | null,
  options: AnswerOptions,
): Promise<Duplex | null> {
  const { name, implicitTls } = options;
  const { greeter, ...protocol }: ServerProtocol = PROTOCOLS[options.protocol];
  if (implicitTls !== null) {
    const wait = greeter === null ? null : implicitTls;
    if ((await dialogue.firstByte(REQUEST, wait)) === HANDSHAKE) return null;
  }
  if (greeter === null) return requestFrom(dialogue, protocol, name);
  if (backend === null) {
    dialogue.sendText(greeter.own(name));
    return requestFrom(dialogue, protocol, name);
  }
  await passOnGreeting(dialogue, greeter, backend, options);
  const lost = (): void => {
    dialogue.sendText(greeter.sorry(name));
    dialogue.fail(noBackend('The target closed the connection before TLS'));
  };
  backend.on('error', ignore).on('close', lost);
  try {
    const socket = await requestFrom(dialogue, protocol, name);
    // Not after a failure: an error of the target may be on its way.
    backend.off('error', ignore);
    return socket;
  } finally {
    backend.off('close', lost);
  }
}

/** Answers until the client asks for TLS. */
async function requestFrom(
  dialogue: Dialogue,
  protocol: Omit<ServerProtocol, 'greeter'>,
  name: string,
): Promise<Duplex> {
  if ((await dialogue.firstByte(REQUEST, null)) === HANDSHAKE) {
    throw notAsked(
      'The client began with TLS',
      'Give it another port, or let this one take clients of both kinds (implicitTls).',
    );
  }
  for (let count = 0; count < MOST_REQUESTS; count += 1) {
    const answer: Answer = await protocol.next(dialogue, name);
    if (answer.next === 'tls') return dialogue.grant(answer.say);
    say(dialogue, answer.say);
    if (answer.next === 'end') throw notAsked(`${answer.why} instead of a request for TLS`);
  }
  say(dialogue, protocol.enough(name));
  throw notAsked(`The client sent ${MOST_REQUESTS} other requests before the one for TLS`);
}

function say(dialogue: Dialogue, words: string | Uint8Array): void {
  if (typeof words === 'string') dialogue.sendText(words);
  else dialogue.sendBytes(words);
}

const REQUEST = 'a request for TLS';

async function passOnGreeting(
  dialogue: Dialogue,
  greeter: Greeter,
  backend: Duplex,
  { name, timeout, limits, signal }: AnswerOptions,
): Promise<void> {
  const behind = new Dialogue(backend, { timeout, limits, signal, onLine: null });
  let greeting: Greeting;
  try {
    greeting = await greeter.passOn(behind);
    // What comes behind the greeting is for the session over TLS.
    behind.giveBack();
  } catch (thrown) {
    behind.detach();
    if (signal?.aborted) throw thrown;
    const error = toError(thrown);
    dialogue.sendText(greeter.sorry(name));
    throw noBackend(`The target gave no greeting: ${error.message}`, error);
  }
  dialogue.sendText(greeting.say);
  if (!greeting.isWelcome)
    throw noBackend(`The target refused the connection: "${printable(greeting.say.trimEnd())}"`);
}

function ignore(): void {
  // 'close' follows
}
