import { parseArgs } from 'node:util';
import { mustSetUp } from '../steps/setup.mjs';
import { environmentOf, PRELOAD, PROFILES } from '../suites/double.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { requiring } from '../support/node-options.mjs';
import { inRoot } from '../support/paths.mjs';
import { passThrough } from '../support/pass-through.mjs';
import { Refusal } from '../support/refusal.mjs';

const USAGE = `usage: npm run soak -- [options]

  --minutes N      how long it makes connections (30)
  --connections N  how many it makes instead
  --sockets N      how many are open at once (500)
  --largest N      bytes that an end sends at most (4194304)
  --guard N        seconds that a connection may stand still (60)
  --renew N        connections between two certificates of the servers, 0 for always the same (100)
  --seed N         what happens on which connection; drawn and printed if it is not given
  --control        node:tls in place of this library, to tell what is of others
  --on double      on the double of Windows (docs/double.md), with this seed
`;

/** `npm run soak`: connections of every kind that end in every way, for long. `npm test` has a short form of it. */
export default async function soak(args) {
  const { help, on, ...options } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const [version] = NODE_VERSIONS;
  const isOnDouble = on === 'double';
  const windows = await mustSetUp({ native: true, library: true, tests: true, nodes: [version] });
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : value === false ? [] : [`--${name}`, value],
  );
  const seed = Number(options.seed ?? 1);
  const env = isOnDouble
    ? {
        ...process.env,
        ...environmentOf({ profile: PROFILES[0], seed }),
        NODE_OPTIONS: requiring(PRELOAD),
      }
    : process.env;
  return passThrough(windows, windows.node(version), [inRoot('dist-test/soak/main.js'), ...given], { env });
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: 'string' },
        connections: { type: 'string' },
        sockets: { type: 'string' },
        largest: { type: 'string' },
        guard: { type: 'string' },
        renew: { type: 'string' },
        seed: { type: 'string' },
        control: { type: 'boolean' },
        on: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    for (const name of ['minutes', 'connections', 'sockets', 'largest', 'guard', 'renew', 'seed']) {
      if (values[name] !== undefined && !/^\d{1,9}$/.test(values[name]))
        throw new Error(`--${name} takes a number of at most nine digits`);
    }
    if (![undefined, 'double'].includes(values.on)) throw new Error('--on takes only the word double');
    return values;
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
