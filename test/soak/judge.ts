import { OWN_ERROR, type EndReport } from './end.js';
import { otherThan, type Action, type Plan } from './plan.js';

/**
 * How an end came to its end, in a word: the code of its error, or 'whole' (all that the other end sends, and its end),
 * 'short' (an end after less), 'closed' (no end).
 */
export function wordOf(report: EndReport, plan: Plan): string {
  const [error] = report.errors;
  if (error !== undefined) return error;
  if (!report.hasEnded) return 'closed';
  return report.got === plan.manner[otherThan(report.role)].size ? 'whole' : 'short';
}

/** What the end that is left alone may see. The first three are without an error. */
const LEFT_ALONE = [
  ...['whole', 'short', 'closed', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EOF'],
  // Within a record.
  'ERR_SCHANNEL_PEER_TRUNCATED',
];

/** With node:tls over a stream that is not libuv's, a write that the peer's leave cuts off. */
const NODE_OVER_STREAMS = 'ECANCELED';

/** Ends that are allowed: of the end that acts, and of the other one. */
export const ALLOWED: Readonly<Record<Action, Readonly<Record<'actor' | 'other', readonly string[]>>>> = {
  exchange: { actor: ['whole'], other: ['whole'] },
  destroy: { actor: ['closed'], other: LEFT_ALONE },
  fail: { actor: [OWN_ERROR], other: LEFT_ALONE },
  abort: { actor: ['ABORT_ERR'], other: LEFT_ALONE },
  reset: { actor: ['closed'], other: LEFT_ALONE },
  untrusted: {
    actor: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    other: LEFT_ALONE,
  },
};

/** How a server's connection may fail before it is secure, or before its client has said who it is. */
export const ALLOWED_FAILURES = [
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EOF', 'closed', 'short'],
  // A client that does not trust it, as Schannel and OpenSSL tell it.
  ...['ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
];

/** What is wrong with an end by itself. */
export function judgeEnd(report: EndReport, plan: Plan): string[] {
  const { role } = report;
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(`the ${role} ${text}`);
  if (report.wrongByte !== null) fault(`got a wrong byte at ${report.wrongByte}`);
  if (report.isChangedLater) fault('was given bytes that changed later');
  if (report.got > plan.manner[otherThan(role)].size) fault(`got ${report.got} bytes, more than were sent`);
  if (report.closes !== 1) fault(`closed ${report.closes} times`);
  if (report.errors.length > 1) fault(`had several errors: ${report.errors.join(', ')}`);
  if (report.protocol !== null && report.protocol !== plan.version) fault(`speaks ${report.protocol}`);
  const allowed = ALLOWED[plan.action][role === plan.actor ? 'actor' : 'other'];
  const word = wordOf(report, plan);
  // node:tls leaves the outer close_notify unread when it closes, which is a reset.
  const isResetByNode =
    plan.action === 'exchange' &&
    plan.transport === 'tls' &&
    (plan[otherThan(role)] === 'node' || report.truncated === 'unknown') &&
    word === 'ECONNRESET' &&
    report.got === plan.manner[otherThan(role)].size;
  if (isResetByNode) return faults;
  const isOfNode = role !== plan.actor && plan.action !== 'exchange' && word === NODE_OVER_STREAMS;
  if (!allowed.includes(word) && !(isOfNode && plan[role] === 'node'))
    fault(`ended with ${word} after ${report.got} bytes`);
  // An end with a close_notify is no truncation. A named pipe may be gone before that was sent.
  const knows = report.truncated !== 'unknown';
  if (knows && word === 'short' && report.truncated !== true) fault('does not know that it was cut short');
  if (knows && plan.action === 'exchange' && plan.transport !== 'pipe' && report.truncated !== false)
    fault('says that it was cut short');
  return faults;
}

/** What is wrong between both ends of an exchange. */
export function judgeBoth(client: EndReport, server: EndReport): string[] {
  const faults: string[] = [];
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    const isSame = from.sent === to.got && from.sentHash === to.gotHash;
    if (!isSame) faults.push(`the ${to.role} got ${to.got} bytes of ${from.sent}, or others`);
  }
  return faults;
}
