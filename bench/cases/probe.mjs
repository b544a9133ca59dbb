/**
 * How long it takes to find out what a server accepts: a probe of this library, and sslscan. The server is nginx with
 * certificates of two kinds, on this machine and behind a line with a delay. All of them run beside Windows' node: the
 * probe needs nothing of Windows, and sslscan does not pay for Wine either.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { hasProgram, peers } from '../programs.mjs';
import { createRounds } from '../rounds.mjs';

/** A scan behind a slow line takes ten seconds and more, and always as long. */
const farRounds = 3;

/** @param {import('../run.mjs').Bench} bench */
export async function run({ clients, sslscan, figures, roundCount, delay }) {
  const names = [
    ...(clients.some(({ name }) => name === 'ours') ? ['ours'] : []),
    ...(sslscan && (await hasProgram('sslscan', '--version')) ? ['sslscan'] : []),
  ];
  if (names.length === 0 || !(await hasProgram('nginx', '-v'))) return;
  const running = [];
  const started = async (peer) => (running.push(await peer), running.at(-1));
  try {
    const server = await started(startServer());
    const line = await started(startLine(server.port, delay));
    const scanners = { ours: probeBy(await started(startProbe())), sslscan: scan };
    const near = figures.get('probe.local', 'probe a server on this machine', 's');
    await compare(names, scanners, near, server.port, createRounds(roundCount));
    const far = figures.get('probe.far', `probe it behind ${delay} ms each way`, 's');
    await compare(names, scanners, far, line.port, createRounds(Math.min(roundCount, farRounds)));
  } finally {
    for (const peer of running) await peer.stop();
  }
}

async function compare(names, scanners, figure, port, rounds) {
  const found = new Map();
  const entries = names.map((name) => ({ name, measure: () => scanners[name](port) }));
  await rounds(entries, (name, { seconds, result }) => {
    figure.add(name, seconds);
    found.set(name, result);
  });
  if (!found.has('ours') || !found.has('sslscan')) return;
  const { comparableReport, comparableScan } = await import('../../dist-test/support/comparable-scans.js');
  // Who finds less is no faster.
  deepStrictEqual(comparableReport(found.get('ours')), comparableScan(found.get('sslscan')));
}

function probeBy(peer) {
  const lines = createInterface({ input: peer.stdout });
  return async (port) => {
    peer.stdin.write(`${port}\n`);
    const ended = peer.exited.then(() => {
      throw new Error(`the probe ended: ${peer.output()}`);
    });
    const [line] = await Promise.race([once(lines, 'line'), ended]);
    ended.catch(() => undefined);
    const { seconds, report } = JSON.parse(line);
    return { seconds, result: report };
  };
}

async function scan(port) {
  const { sslscan } = await import('../../dist-test/support/sslscan.js');
  const start = performance.now();
  // A probe doesn't look for this weakness.
  const result = await sslscan(port, '--no-heartbleed');
  return { seconds: (performance.now() - start) / 1000, result };
}

async function startProbe() {
  const { startPeer } = await peers();
  return startPeer('bench-probe', []);
}

async function startLine(server, milliseconds) {
  const { startPeer } = await peers();
  const line = await startPeer('slow-line', ['{port}', String(server), String(milliseconds)]);
  await line.waitFor(/^ready$/m);
  return line;
}

async function startServer() {
  const { bothKinds } = await import('../../dist-test/support/probed-server.js');
  const { startNginx } = await import('../../dist-test/support/nginx.js');
  const { ec, rsa } = await bothKinds();
  const server = [
    'listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3;',
    'ssl_certificate {file:rsa}; ssl_certificate_key {file:rsaKey};',
    'ssl_certificate {file:ec}; ssl_certificate_key {file:ecKey};',
  ].join('\n');
  return startNginx([server], { rsa: rsa.cert, rsaKey: rsa.key, ec: ec.cert, ecKey: ec.key });
}
