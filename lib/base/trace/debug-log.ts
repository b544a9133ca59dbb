import { debuglog } from 'node:util';

import { printable } from '../text/printable.js';
import type {
  CloseMessage,
  HandshakeMessage,
  Operations,
  StoreMessage,
  VerificationMessage,
} from './channels.js';

/** Writes a line; without effect unless it is enabled. */
export interface DebugLog {
  (line: string): void;
  readonly enabled: boolean;
}

/** Writes what happens to stderr if NODE_DEBUG asks for it: NODE_DEBUG=schannel. */
export function logOperations(operations: Operations, log: DebugLog = linesTo(debuglog('schannel'))): void {
  if (!log.enabled) return;
  const { handshake, verification, credential, store, close } = operations;
  handshake.follow({
    start: ({ socket, role, servername }) =>
      log(`${numberOf(socket)} ${role} handshake begins${servername ? ` with ${shown(servername)}` : ''}`),
    end: (message) =>
      log(`${numberOf(message.socket)} ${message.role} handshake ${ending(message, handshakeFacts)}`),
  });
  verification.follow({
    end: (message) => {
      const peer = message.hostname === null ? message.peer : `${message.peer} ${shown(message.hostname)}`;
      log(`${numberOf(message.socket)} verification of the ${peer}: ${ending(message, verdictOf)}`);
    },
  });
  credential.follow({
    end: (message) =>
      log(
        `- ${message.role} credential ${ending(message, ({ certificates = [] }) => `acquired, certificates: ${certificates.length}`)}`,
      ),
  });
  store.follow({ end: (message) => log(`- ${shown(message.store)}: ${ending(message, storeFacts)}`) });
  close.follow({ end: (message) => log(`${numberOf(message.socket)} ${closeFacts(message)}`) });
}

const linesTo = (log: ReturnType<typeof debuglog>): DebugLog =>
  Object.defineProperty((line: string) => log('%s', line), 'enabled', { value: log.enabled }) as DebugLog;

function ending<Message extends { error?: unknown }>(
  message: Message,
  facts: (message: Message) => string,
): string {
  return 'error' in message ? `failed: ${reasonOf(message.error)}` : facts(message);
}

function handshakeFacts(message: HandshakeMessage): string {
  const { protocol, cipherSuite, alpnProtocol, resumed, servername } = message;
  const facts = [
    protocol,
    cipherSuite,
    servername && `name ${shown(servername)}`,
    alpnProtocol && `ALPN ${shown(alpnProtocol)}`,
    resumed ? 'resumed' : null,
  ];
  return `complete: ${facts.filter(Boolean).join(', ')}`;
}

function verdictOf({ authorized, reason, anchors, revocation, ignored = [] }: VerificationMessage): string {
  const verdict = authorized ? 'trusted' : `not trusted, ${shown(reason ?? 'unknown')}`;
  const faults = ignored.length === 0 ? '' : `, ignored ${ignored.join(', ')}`;
  return `${verdict}; anchors ${String(anchors)}, revocation ${String(revocation)}${faults}`;
}

function storeFacts({ work, thumbprint, count }: StoreMessage): string {
  const what = thumbprint === null ? '' : ` ${shown(thumbprint)}`;
  return `${work}${what}${count === undefined ? '' : `, certificates: ${count}`}`;
}

function closeFacts({ reason, truncated, bytesRead, bytesWritten }: CloseMessage): string {
  const why = reason === null ? '' : `: ${reasonOf(reason)}`;
  const end = truncated === true ? ', no close_notify came' : '';
  return `closed${why}; ${bytesRead} bytes read, ${bytesWritten} written${end}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return shown(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return shown(`${code}${error.message}`);
}

const shown = (text: string): string => printable(text);

const numbers = new WeakMap<object, number>();
let last = 0;

/** Sockets have numbers, so that the lines of one can be found. */
function numberOf(socket: object | null): string {
  if (socket === null) return '-';
  let number = numbers.get(socket);
  if (number === undefined) numbers.set(socket, (number = ++last));
  return `#${number}`;
}
