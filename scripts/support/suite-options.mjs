import path from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from './refusal.mjs';

/** What the commands that run foreign tests have in common. */
const COMMON = {
  grep: { type: 'string' },
  tests: { type: 'string' },
  jobs: { type: 'string', default: '2' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/**
 * The options of a command that runs foreign tests.
 * @param {string[]} args
 * @param {object} command
 * @param {string} command.usage follows what is wrong
 * @param {string[]} [command.switches] names of its other options, which have no value
 * @param {(values: object) => string | undefined} [command.complaint] what is wrong with options that are right each
 * @returns {object} `grep` as a RegExp, `tests` as an absolute path and `jobs` as a number, the rest as parseArgs() has it
 * @throws {Refusal}
 */
export function suiteOptions(args, { usage, switches = [], complaint = () => undefined }) {
  const own = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' }]));
  try {
    const { values } = parseArgs({ args, options: { ...COMMON, ...own } });
    const jobs = Number(values.jobs);
    if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1 on');
    const wrong = complaint(values);
    if (wrong !== undefined) throw new Error(wrong);
    const grep = values.grep === undefined ? undefined : new RegExp(values.grep);
    return { ...values, tests: values.tests && path.resolve(values.tests), jobs, grep };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${usage}`);
  }
}
