import path from 'node:path';
import { nativeTests } from '../steps/native.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { eachLine } from '../support/process.mjs';
import { endOf } from './ending.mjs';
import { SILENCE_MS } from './mocha.mjs';

/** The C++ test programs, each in a separate Windows process. */
export async function runNative({ tally, windows, grep }) {
  const programs = nativeTests();
  if (isWindows && programs.length === 0) {
    tally.skip('test programs', 'they come with a build, and CMake was not found');
  }
  // Several runs on one machine must not meet in one certificate store.
  const prefix = await windows.clonePrefix('native');
  for (const file of programs) {
    const name = path.posix.basename(file, '.exe');
    if (grep !== undefined && !name.includes(grep)) continue;
    const since = performance.now();
    await runProgram(name, file, tally, (program) => windows.spawn(program, [], { stdin: 'ignore', prefix }));
    tally.spend(name, performance.now() - since);
  }
}

/**
 * Runs a test program. It prints "ok NAME", "not ok NAME: WHY" and "skipped NAME: WHY", then "N passed, N failed, N
 * skipped".
 */
export async function runProgram(name, file, tally, spawn) {
  const child = spawn(inRoot(file));
  const other = [];
  let summary = null;
  let current = 'start';
  let failures = 0;
  const onLine = (line) => {
    const [, verdict, title = '', why = ''] = /^(ok|not ok|skipped) (.+?)(?:: (.*))?$/.exec(line) ?? [];
    if (verdict !== undefined) current = title;
    if (verdict === 'ok') tally.pass(`${name}: ${line.slice(3)}`);
    else if (verdict === 'skipped') tally.skip(`${name}: ${title}`, why);
    else if (verdict === 'not ok') {
      failures++;
      tally.fail(`${name}: ${title}`, [why, ...other.splice(0)].join('\n'));
    } else if (/^\d+ passed, \d+ failed, \d+ skipped$/.test(line)) summary = line;
    else if (line !== '') other.push(line);
  };
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onLine);
  const { code, how } = await endOf(child, SILENCE_MS);
  if (summary === null) tally.fail(`${name}: after ${current}`, [how, ...other].join('\n'));
  else if (code !== 0 && failures === 0)
    tally.fail(`${name}: the end of the process`, [how, ...other].join('\n'));
}
