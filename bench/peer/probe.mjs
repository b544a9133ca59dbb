/**
 * A probe on this system, as a peer. Each line of its input is a port on this machine, and each line of its output the
 * report, and the seconds that it took, as JSON.
 */
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { probe } from 'schannel/probe';

/** More than anything takes here: a busy machine must not shorten the list. */
const limits = { timeout: 60_000, totalTime: 600_000 };

for await (const port of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const report = await probe({ host: '127.0.0.1', port: Number(port), servername: 'localhost' }, limits);
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, report }));
}
