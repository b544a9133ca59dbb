import { parseArgs } from 'node:util';
import { contestantNames } from './contestants.mjs';

export const groups = [
  'memory',
  'tcp',
  'handshake',
  'idle',
  'server',
  'https',
  'http2',
  'tunnel',
  'renewal',
  'store',
  'files',
  'authority',
  'tracing',
  'probe',
];

/** What takes so long that it is only measured if it is named. */
const LONG = 'timed';

/** What is counted instead of timed, and only if it is named. */
const COUNTED = 'cost';

export const usage = `usage: npm run bench -- [options]

  --only GROUPS         of ${groups.join(', ')} (all), ${LONG} or ${COUNTED}
  --contestants NAMES   of ${contestantNames.join(', ')} (all)
  --rounds N            how often each contestant is measured, in turn (7)
  --slice MS            how long each measurement takes; three times as long over TCP (100)
  --connections N       idle connections to open; ten times as many in a row to a server (1000)
  --certificates N      certificates in the store to list, and of the authority to open (10000)
  --rate N              connections per second during the renewal of a server's certificate (200)
  --delay MS            each way, on the line to a server that is probed (25)
  --write               record what ${COUNTED} has counted in bench/cost-figures.json and docs/cost.md
  --json                print everything as JSON, with every sample`;

/** The command line is invalid. */
export class UsageError extends Error {}

/** @param {readonly string[]} args */
export function parseOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: groups.join() },
        contestants: { type: 'string', default: contestantNames.join() },
        rounds: { type: 'string', default: '7' },
        slice: { type: 'string', default: '100' },
        connections: { type: 'string', default: '1000' },
        certificates: { type: 'string', default: '10000' },
        rate: { type: 'string', default: '200' },
        delay: { type: 'string', default: '25' },
        write: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const only = parseNames('only', values.only, [...groups, LONG, COUNTED]);
  return {
    only: only.filter((group) => group !== COUNTED),
    cost: only.includes(COUNTED),
    write: values.write,
    contestants: parseNames('contestants', values.contestants, contestantNames),
    rounds: parseCount('rounds', values.rounds),
    sliceMs: parseCount('slice', values.slice),
    connections: parseCount('connections', values.connections),
    certificates: parseCount('certificates', values.certificates),
    rate: parseCount('rate', values.rate),
    delay: parseCount('delay', values.delay),
    json: values.json,
    help: values.help,
  };
}

function parseNames(option, text, known) {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--${option}: '${unknown}' is not one of ${known.join(', ')}`);
  return names;
}

function parseCount(option, text) {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError(`--${option}: '${text}' is not a positive whole number`);
  return count;
}
