/** `npm run soak`; test/soak/soak.ts says what it does. */
import { parseArgs } from 'node:util';
import * as schannel from 'schannel';
import { handlesBackTo, settledCounts } from '../support/native-store.js';
import { openResources } from '../support/tunnel-endurance.js';
import { capabilities, onDouble } from '../support/windows.js';
import { native } from '#lib/native/load.js';
import { leftOpen, printResult, progressLine } from './print.js';
import { Soak } from './soak.js';
import { NODE_TLS, type Tls } from './world.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    connections: { type: 'string' },
    sockets: { type: 'string', default: '500' },
    largest: { type: 'string', default: String(4 << 20) },
    seed: { type: 'string' },
    guard: { type: 'string', default: '60' },
    renew: { type: 'string', default: '100' },
    control: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
  const minutes = Number(values.minutes);
  const connections = values.connections === undefined ? Infinity : Number(values.connections);
  console.log(
    `soak with --seed ${seed}, ${values.control ? 'node:tls in place of this library' : onDouble ? 'on the double' : 'on Schannel'}`,
  );
  const handles = await settledCounts();
  const resources = openResources();
  const start = Date.now();
  const end = values.connections === undefined ? start + minutes * 60_000 : Infinity;
  const soak = new Soak({
    tls: values.control ? NODE_TLS : (schannel as unknown as Tls),
    ...{ seed, atOnce: Number(values.sockets), largest: Number(values.largest) },
    hasTls13: capabilities().tls13,
    isControl: values.control,
    losesWrites: native().platform.wine !== null,
    isOver: (made) => made >= connections || Date.now() > end,
    ...{ renewEvery: Number(values.renew), certificates: 20 },
    guard: Number(values.guard) * 1000,
    say: (line) => console.log(line),
  });
  const every = Math.min(60_000, Math.max(10_000, (minutes * 60_000) / 30));
  const timer = setInterval(() => {
    void soak.sample().then((sample) => console.log(progressLine(Date.now() - start, sample, soak.progress)));
  }, every);
  const result = await soak.run();
  clearInterval(timer);
  console.log(progressLine(Date.now() - start, await soak.sample(), soak.progress));
  let left = '';
  await handlesBackTo(handles, schannel.releaseUnusedResources).catch(
    (error: unknown) => (left = String(error)),
  );
  const open = leftOpen(resources, openResources());
  process.exitCode = printResult({
    ...result,
    seed,
    handles: { before: handles, after: native().handleCounts() },
    left: [left, ...open].filter(Boolean),
  });
}

// What others left open must not keep it from ending.
void main().finally(() => process.exit());
