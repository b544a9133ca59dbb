import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { mustSetUp } from '../steps/setup.mjs';
import { endOf } from '../suites/ending.mjs';
import { NODE_VERSIONS, startLive } from '../suites/live.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { Refusal } from '../support/refusal.mjs';

/** The parts, where each makes sense, and how much of it there is. */
const PARTS = {
  connections: { on: ['wine'], count: 10_000 },
  row: { on: ['wine', 'double'], count: 100_000 },
  credentials: { on: ['wine', 'double'], count: 1000 },
  killed: { on: ['wine', 'double'], count: 10_000 },
};
const PLATFORMS = { wine: 'Wine', double: 'the double' };

const USAGE = `usage: npm run endurance -- [options]

  --only PARTS      of ${Object.keys(PARTS).join(', ')}; all of them
  --on PLATFORMS    of ${Object.keys(PLATFORMS).join(', ')}; both, where that makes a difference
  --connections N   open at once (${PARTS.connections.count}), half of them over each version
  --row N           connections in a row (${PARTS.row.count}), shared among the platforms
  --credentials N   different ones (${PARTS.credentials.count}), on each platform
  --killed N        leases and imports (${PARTS.killed.count}), shared among the platforms
  --control         node:tls in place of this library in connections, to tell what the machine keeps
  --seed N          what is done, and when processes are killed (1)
`;

/** `npm run endurance`: large numbers of everything, after which everything is as before. docs/endurance.md */
export default async function endurance(args) {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const [version] = NODE_VERSIONS;
  const windows = await mustSetUp({ native: true, library: true, tests: true, nodes: [version] });
  let worst = 0;
  try {
    for (const part of options.only) {
      const platforms = isWindows ? [undefined] : PARTS[part].on.filter((name) => options.on.includes(name));
      for (const platform of platforms) {
        const share = ['row', 'killed'].includes(part) ? 1 / platforms.length : 1;
        const count = Math.ceil(options[part] * share);
        console.log(`\n## ${part}: ${count}${platform === undefined ? '' : ` on ${PLATFORMS[platform]}`}`);
        const code = await runPart({ windows, version, part, platform, count, ...options });
        worst = Math.max(worst, code);
      }
    }
  } finally {
    await windows.close();
  }
  return worst;
}

async function runPart({ windows, version, part, platform, count, seed, control }) {
  const double = platform === 'double' ? { profile: '2022', seed: 0 } : undefined;
  // Each has separate stores and keys, and on the rig a separate Windows.
  const start = () => startLive({ windows, version, double, env: {} });
  const own = {
    connections: { rounds: 3, isControl: control },
    row: { samples: 20 },
    credentials: {},
    killed: { mean: 20, samples: 10, seed },
  };
  const client = await start();
  if (part !== 'connections') return run(client, part, { count, ...own[part] });
  console.log(`A process may have ${openFiles()} files open.`);
  // One Windows would have two sockets for each connection.
  const echo = await start();
  let server;
  const address = await new Promise((resolve, reject) => {
    server = run(echo, 'echo', { isControl: control }, (line) => resolve(JSON.parse(line)));
    server.then((code) => reject(new Error(`the server ended with code ${code}`)), reject);
  });
  const code = await run(client, part, { count, ...own[part], ...address });
  return Math.max(code, await server);
}

/** Runs a part in Windows' node. @returns its exit code */
async function run(start, part, options, hear = console.log) {
  const child = start([inRoot('dist-test/endurance/main.js'), part, JSON.stringify(options)]);
  const stop = () => child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  child.stderr.on('data', (chunk) => process.stderr.write(chunk));
  createInterface(child.stdout).on('line', hear);
  const { code, how, crashed } = await endOf(child);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
  if (crashed || code === null) console.error(how);
  return code ?? 1;
}

/** What the machine lets each process have, with Wine's own server. */
function openFiles() {
  if (isWindows) return 'as many as memory permits';
  const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return hard ?? 'any number of';
}

function parse(args) {
  const names = Object.keys(PARTS);
  const number = { type: 'string' };
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', default: names.join() },
        on: { type: 'string', default: Object.keys(PLATFORMS).join() },
        seed: { type: 'string', default: '1' },
        control: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(names.map((name) => [name, { ...number, default: String(PARTS[name].count) }])),
      },
    });
    const numbers = ['seed', ...names].map((name) => [name, numberOf(name, values[name])]);
    return {
      ...Object.fromEntries(numbers),
      only: listOf('only', values.only, names),
      on: listOf('on', values.on, Object.keys(PLATFORMS)),
      control: values.control,
      help: values.help,
    };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}

function numberOf(name, text) {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Error(`--${name} takes a number from 1 on, of at most nine digits`);
  return Number(text);
}

function listOf(name, text, known) {
  const list = text.split(',');
  const strange = list.find((each) => !known.includes(each));
  if (strange !== undefined) throw new Error(`--${name} takes ${known.join(', ')}, not ${strange}`);
  return list;
}
