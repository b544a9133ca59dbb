/**
 * What the library should reach. Goals are ratios if there is something to compare with, because a busy machine changes
 * ratios less than figures. `first` must be met. `aim` is the next step.
 *
 * @typedef {object} Goal
 * @property {string} metric
 * @property {string} figure id of the figure that is compared
 * @property {'raw' | 'node' | 'sslscan' | null} baseline what `ours` is divided by; null for the figure itself
 * @property {'least' | 'most'} bound whether the ratio must be at least or at most the goal
 * @property {number} first
 * @property {number} aim
 */

const goal = (metric, figure, baseline, bound, first, aim) => ({
  metric,
  figure,
  baseline,
  bound,
  first,
  aim,
});

/** @type {readonly Goal[]} */
export const goals = [
  goal('in memory to raw, 16 KiB', 'memory.both.16384', 'raw', 'least', 0.6, 0.85),
  goal('in memory to raw, 64 KiB', 'memory.both.65536', 'raw', 'least', 0.6, 0.9),
  goal('in memory to node:tls, 64 B', 'memory.both.64', 'node', 'least', 3, 6),
  goal('in memory to node:tls, 1 KiB', 'memory.both.1024', 'node', 'least', 4, 8),
  goal('in memory to node:tls, 16 KiB', 'memory.both.16384', 'node', 'least', 1.5, 3),
  goal('in memory to node:tls, 64 KiB', 'memory.both.65536', 'node', 'least', 0.9, 1.2),
  goal('100 B there and back in memory to node:tls', 'memory.roundtrip', 'node', 'most', 0.3, 0.18),
  goal('TCP download to node:tls, MB/s', 'tcp.download.65536', 'node', 'least', 1, 1.5),
  goal('TCP download to node:tls, CPU', 'tcp.download.65536.cpu', 'node', 'most', 1.1, 0.8),
  goal('TCP upload to node:tls, MB/s', 'tcp.upload.65536', 'node', 'least', 0.8, 1),
  goal('TCP upload to node:tls, CPU', 'tcp.upload.65536.cpu', 'node', 'most', 1.4, 1.05),
  goal('100 B there and back over TCP to node:tls', 'tcp.roundtrip', 'node', 'most', 1, 0.7),
  goal('idle connection to node:tls', 'idle', 'node', 'most', 0.5, 0.28),
  goal('client handshakes one at a time to node:tls', 'handshake.single', 'node', 'least', 0.7, 1),
  goal(
    'worst gap of the event loop, 32 handshakes at once, to node:tls',
    'handshake.parallel.gap',
    'node',
    'most',
    1,
    0.3,
  ),
  goal('server handshakes, 32 at once, to node:tls', 'server.handshakes', 'node', 'least', 0.7, 1),
  goal('server handshakes by s_time over TLS 1.2, to node:tls', 'timed.tls12', 'node', 'least', 0.6, 1),
  goal('server handshakes by s_time over TLS 1.3, to node:tls', 'timed.tls13', 'node', 'least', 0.6, 1),
  goal('https server, 1 KiB at 20 connections to node:https', 'https.small.few', 'node', 'least', 1, 1.2),
  goal('https server, 1 KiB at 200 connections to node:https', 'https.small.many', 'node', 'least', 0.9, 1.1),
  goal('https server, 256 KiB to node:https', 'https.large.few', 'node', 'least', 1, 1.2),
  goal('http2 server, 1 KiB to node:http2', 'http2.small.few', 'node', 'least', 0.9, 1.1),
  goal('http2 server, 256 KiB to node:http2', 'http2.large.few', 'node', 'least', 0.9, 1.1),
  ...[
    ['out', 'a tunnel out to TLS'],
    ['in', 'a tunnel in from TLS'],
  ].flatMap(([direction, title]) => [
    goal(`${title}, download to node:tls`, `tunnel.${direction}.download`, 'node', 'least', 1, 1.3),
    goal(`${title}, upload to node:tls`, `tunnel.${direction}.upload`, 'node', 'least', 0.8, 1),
    goal(
      `${title}, 100 B there and back to node:tls`,
      `tunnel.${direction}.roundtrip`,
      'node',
      'most',
      1.25,
      1,
    ),
    goal(`${title}, connections to node:tls`, `tunnel.${direction}.connections`, 'node', 'least', 0.8, 1),
    goal(`${title}, idle connection to node:tls`, `tunnel.${direction}.idle`, 'node', 'most', 1, 0.7),
  ]),
  goal('connections that fail while a certificate is renewed', 'renewal.failed', null, 'most', 0, 0),
  goal('seconds until all have the renewed certificate', 'renewal.seconds', null, 'most', 5, 2.5),
  goal('seconds to list 10,000 certificates of a store', 'store.list', null, 'most', 2, 1),
  goal('seconds to issue 1,000 certificates', 'authority.issue', null, 'most', 20, 10),
  goal('seconds to write a revocation list of 50,000', 'authority.list.write', null, 'most', 1, 0.5),
  goal('seconds to read it', 'authority.list.read', null, 'most', 1, 0.5),
  goal('seconds to open an authority of 10,000 certificates', 'authority.open', null, 'most', 0.5, 0.3),
  goal('looks at channels that nobody follows, % of a connection', 'tracing.share', null, 'most', 0.1, 0.02),
  goal('probing a server to sslscan', 'probe.local', 'sslscan', 'most', 0.5, 0.25),
  goal('probing a distant server to sslscan', 'probe.far', 'sslscan', 'most', 0.25, 0.15),
];

/**
 * Compares each goal with what was measured. `measured` and `met` are null if it was not measured.
 *
 * @param {import('./figure.mjs').Figures} figures
 */
export function judge(figures) {
  return goals.map((entry) => {
    const figure = figures.find(entry.figure);
    const measured =
      (entry.baseline === null ? figure?.spread('ours') : figure?.ratio('ours', entry.baseline)) ?? null;
    return { ...entry, measured, met: measured === null ? null : verdict(entry, measured.median) };
  });
}

/** @returns {'aim' | 'first' | 'no'} */
function verdict({ bound, first, aim }, value) {
  const reaches = (target) => (bound === 'least' ? value >= target : value <= target);
  if (reaches(aim)) return 'aim';
  return reaches(first) ? 'first' : 'no';
}
