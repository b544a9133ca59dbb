/**
 * What web servers do: requests per second, and the CPU time of each. wrk and h2load make the load, outside of Wine.
 * The server is in a separate process, and counts itself.
 */
import { protocol } from '../contestants.mjs';
import { MeasuredWebServer } from '../measured-web-server.mjs';
import { hasProgram, peers } from '../programs.mjs';
import { sizeLabel } from './memory.mjs';

const small = 1024;
const large = 256 * 1024;
const few = 20;
const many = 200;
/** Streams at once on a connection of HTTP/2. */
const streams = 10;
const sliceFactor = 5;
/** Longer than any slice: the load is ended by us. */
const endless = 3600;

/** @param {import('../run.mjs').Bench} bench */
export const runHttps = (bench) =>
  compare(bench, 'https', 'wrk', [
    { id: 'small.few', size: small, connections: few },
    { id: 'small.many', size: small, connections: many },
    { id: 'large.few', size: large, connections: few },
  ]);

/** @param {import('../run.mjs').Bench} bench */
export const runHttp2 = (bench) =>
  compare(bench, 'http2', 'h2load', [
    { id: 'small.few', size: small, connections: few },
    { id: 'large.few', size: large, connections: few },
  ]);

const loads = {
  wrk: (url, connections) => ['-t', '1', '-c', connections, '-d', endless, url],
  // Its own list of suites begins with another one.
  h2load: (url, connections) => [
    ...['-t', '1', '-c', connections, '-m', streams, '-D', endless, '--ciphers', protocol.ciphers, url],
  ],
};

async function compare({ identity, clients, figures, rounds, sliceMs, connections }, group, program, cases) {
  if (!(await hasProgram(program, '--version'))) return;
  const servers = new Map();
  try {
    for (const { name } of clients)
      servers.set(name, await MeasuredWebServer.start(name, group, identity, [small, large]));
    for (const { id, size, connections: wanted } of cases) {
      // A run that opens only a few idle connections is a short one.
      const count = Math.min(wanted, connections);
      const title = `${sizeLabel(size)} at ${count} connections`;
      const speed = figures.get(`${group}.${id}`, title, '1/s');
      const cpu = figures.get(`${group}.${id}.cpu`, '– its CPU', 'µs');
      const entries = [...servers].map(([name, server]) => ({
        name,
        measure: () => load(program, server, size, count, sliceFactor * sliceMs),
      }));
      await rounds(entries, (name, { requests, seconds, cpuSeconds }) => {
        speed.add(name, requests / seconds);
        cpu.add(name, (cpuSeconds * 1e6) / requests);
      });
    }
  } finally {
    for (const server of servers.values()) server.close();
  }
}

async function load(program, server, size, connections, milliseconds) {
  const { startPeer } = await peers();
  const words = loads[program](`https://127.0.0.1:${server.port}/${size}`, connections);
  const peer = await startPeer(program, words.map(String));
  const ended = peer.exited.then(() => {
    throw new Error(`${program} ended: ${peer.output()}`);
  });
  try {
    return await Promise.race([server.slice(connections, milliseconds), ended]);
  } finally {
    ended.catch(() => undefined);
    await peer.stop();
    await server.idle();
  }
}
