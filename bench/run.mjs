/**
 * The benchmark: raw SSPI, this library and node:tls, in turn, on one machine. `--help` lists the options;
 * docs/benchmarks.md explains what is measured and how, and docs/cost.md what is counted.
 */
import * as os from 'node:os';
import { run as runAuthority } from './cases/authority.mjs';
import { run as runFiles } from './cases/files.mjs';
import { run as runHandshake } from './cases/handshake.mjs';
import { runHttp2, runHttps } from './cases/https.mjs';
import { run as runIdle } from './cases/idle.mjs';
import { run as runMemory } from './cases/memory.mjs';
import { run as runProbe } from './cases/probe.mjs';
import { run as runRenewal } from './cases/renewal.mjs';
import { run as runServer } from './cases/server.mjs';
import { run as runStore } from './cases/store.mjs';
import { run as runTcp } from './cases/tcp.mjs';
import { run as runTimed } from './cases/timed.mjs';
import { run as runTracing } from './cases/tracing.mjs';
import { run as runTunnel } from './cases/tunnel.mjs';
import { countCosts } from './cost/count.mjs';
import { PATHS } from './cost/paths.mjs';
import { record } from './cost/record.mjs';
import { drawTables } from './cost/tables.mjs';
import { loadClients } from './contestants.mjs';
import { Figures } from './figure.mjs';
import { judge } from './goals.mjs';
import { createIdentity } from './identity.mjs';
import { Limit } from './limit.mjs';
import { UsageError, parseOptions, usage } from './options.mjs';
import { startPeer } from './peer/index.mjs';
import { toMarkdown } from './report.mjs';
import { createRounds } from './rounds.mjs';

/**
 * What a group of cases is given.
 *
 * @typedef {object} Bench
 * @property {{ ca: string, cert: string, key: string }} identity of the server, PEM
 * @property {import('./contestants.mjs').Contestant[]} clients
 * @property {Limit | null} limit raw SSPI, if it takes part
 * @property {{ port: number, plainPort: number }} peer with and without TLS
 * @property {boolean} stunnel whether it takes part
 * @property {boolean} sslscan whether it takes part
 * @property {Figures} figures where results go
 * @property {ReturnType<typeof createRounds>} rounds
 * @property {number} roundCount
 * @property {number} sliceMs
 * @property {number} connections
 * @property {number} certificates
 * @property {number} rate
 * @property {number} delay
 */

const runners = {
  memory: runMemory,
  tcp: runTcp,
  handshake: runHandshake,
  idle: runIdle,
  server: runServer,
  https: runHttps,
  http2: runHttp2,
  tunnel: runTunnel,
  renewal: runRenewal,
  store: runStore,
  files: runFiles,
  authority: runAuthority,
  tracing: runTracing,
  probe: runProbe,
  timed: runTimed,
};

async function measure(options) {
  const identity = await createIdentity();
  const clients = await loadClients(options.contestants);
  const limit = options.contestants.includes('raw') ? await Limit.start() : null;
  const peer = await startPeer(identity);
  const figures = new Figures();
  const { rounds: roundCount, sliceMs, connections, certificates, rate, delay } = options;
  const rounds = createRounds(roundCount);
  try {
    for (const group of options.only) {
      process.stderr.write(`measuring ${group} …\n`);
      await runners[group]({
        identity,
        clients,
        limit,
        peer,
        stunnel: options.contestants.includes('stunnel'),
        sslscan: options.contestants.includes('sslscan'),
        figures,
        rounds,
        roundCount,
        sliceMs,
        connections,
        certificates,
        rate,
        delay,
      });
    }
  } finally {
    limit?.close();
    peer.close();
  }
  return { environment: await describeEnvironment(options), options, figures, goals: judge(figures) };
}

async function describeEnvironment({ contestants }) {
  const wine = contestants.includes('ours')
    ? (await import('#lib/native/load.js')).native().platform.wine
    : null;
  return {
    node: process.versions.node,
    system: `${os.version()} ${os.release()}`,
    cpu: `${os.cpus().length} × ${os.cpus()[0].model.trim()}`,
    wine,
  };
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return;
  }
  const costs = options.cost ? await countCosts() : null;
  if (costs !== null && options.write) record(costs);
  const result = options.only.length > 0 ? await measure(options) : null;
  console.log(options.json ? toJson(result, costs) : toText(result, costs));
}

const toJson = (result, costs) =>
  JSON.stringify(
    {
      ...(result !== null && { ...result, figures: [...result.figures] }),
      ...(costs !== null && { costs }),
    },
    null,
    2,
  );

const toText = (result, costs) =>
  [
    ...(costs === null ? [] : Object.values(drawTables(costs, PATHS))),
    ...(result === null ? [] : [toMarkdown(result)]),
  ].join('\n\n');

main().catch((error) => {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
