import { parseArgs } from 'node:util';
import { Refusal } from '../support/refusal.mjs';
import test from './test.mjs';

const USAGE = `usage: npm run tunnel-endurance -- [options]

  --seed N    which connections are cut off, where, and by whom (1)
`;

/** `npm run tunnel-endurance`: what tunnels stand, for minutes. `npm test` has a short form of it. */
export default async function tunnelEndurance(args) {
  const { seed, help } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  process.env['SCHANNEL_ENDURANCE'] = 'long';
  process.env['SCHANNEL_ENDURANCE_SEED'] = seed;
  return test([
    '--suite',
    'live',
    '--node',
    '24',
    '--verbose',
    '--times',
    'test/live/tunnel/endurance.test.ts',
  ]);
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { seed: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h' } },
    });
    if (!/^\d{1,9}$/.test(values.seed)) throw new Error('--seed takes a number of at most nine digits');
    return values;
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
