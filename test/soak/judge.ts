import { OWN_ERROR, type EndReport } from './end.js';
import { otherThan, type Action, type Plan, type Transport } from './plan.js';

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
  // All had come when the actor left.
  'whole',
  // The transport's end came in order, without a close_notify. Both libraries tell it by 'end' (the option
  // requireCloseNotify of ours is off).
  'short',
  // A stream underneath was destroyed without an error, so that no end came.
  'closed',
  // A system resets what is closed with bytes unread. Who reads sees ECONNRESET, who writes may see one of the others:
  // ECONNABORTED is what Windows says of a connection that its own side gave up.
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE'],
  // libuv's code for a named pipe whose other end is gone.
  'EOF',
  // The end came within a record.
  'ERR_SCHANNEL_PEER_TRUNCATED',
];

/**
 * node:tls over a stream that is not libuv's, whose stand-in for a handle ends every write that waits with this code
 * when the stream closes. Over libuv's own it does not.
 */
const NODE_OVER_STREAMS = 'ECANCELED';
const STREAMS: readonly Transport[] = ['tls', 'memory'];

/** Ends that are allowed: of the end that acts, and of the other one. */
export const ALLOWED: Readonly<Record<Action, Readonly<Record<'actor' | 'other', readonly string[]>>>> = {
  exchange: { actor: ['whole'], other: ['whole'] },
  destroy: { actor: ['closed'], other: LEFT_ALONE },
  fail: { actor: [OWN_ERROR], other: LEFT_ALONE },
  abort: { actor: ['ABORT_ERR'], other: LEFT_ALONE },
  reset: { actor: ['closed'], other: LEFT_ALONE },
  untrusted: {
    // The authority is not known: the server sends its root, or it does not, and each library builds its own chain.
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
  // The client gave up: as LEFT_ALONE, but nobody can tell yet whether all has come.
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EOF', 'closed', 'short'],
  // A client that does not trust it, as Schannel and OpenSSL tell it.
  ...['ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
];

/**
 * A client of a named pipe that got none of its server's instances in the 30 seconds that libuv waits for one: hundreds
 * want one at the same time, and a busy machine takes long to serve each. There is no TLS in it, and no other end.
 */
export const isNeverServed = ({ role, protocol, got, errors }: EndReport, plan: Plan): boolean =>
  role === 'client' &&
  plan.transport === 'pipe' &&
  protocol === null &&
  got === 0 &&
  errors[0] === 'ETIMEDOUT';

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
  if (!isAllowed(report, plan)) fault(`ended with ${wordOf(report, plan)} after ${report.got} bytes`);
  if (isResetByNode(report, plan)) return faults;
  // An end with a close_notify is no truncation. A named pipe has no sides to end one by one: when one end
  // leaves it is gone, and with it the other end's close_notify.
  const knows = !isNode(report);
  if (knows && wordOf(report, plan) === 'short' && report.truncated !== true)
    fault('does not know that it was cut short');
  if (knows && plan.action === 'exchange' && plan.transport !== 'pipe' && report.truncated !== false)
    fault('says that it was cut short');
  return faults;
}

/** Only this library says whether it was cut short. In a control both ends of a plan are node:tls. */
const isNode = (report: EndReport): boolean => report.truncated === 'unknown';

function isAllowed(report: EndReport, plan: Plan): boolean {
  const word = wordOf(report, plan);
  const isActor = report.role === plan.actor;
  if (ALLOWED[plan.action][isActor ? 'actor' : 'other'].includes(word)) return true;
  if (word !== NODE_OVER_STREAMS) return isResetByNode(report, plan);
  return !isActor && plan.action !== 'exchange' && isNode(report) && STREAMS.includes(plan.transport);
}

/**
 * TLS in TLS: once the inner close_notify has come, node:tls closes the socket at the bottom and leaves the outer
 * close_notify unread. The system makes a reset of that. It harms nobody if all had come.
 */
function isResetByNode(report: EndReport, plan: Plan): boolean {
  const other = otherThan(report.role);
  return (
    plan.action === 'exchange' &&
    plan.transport === 'tls' &&
    (plan[other] === 'node' || isNode(report)) &&
    wordOf(report, plan) === 'ECONNRESET' &&
    report.got === plan.manner[other].size
  );
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
