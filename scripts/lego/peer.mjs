/**
 * lego, an ACME client that others wrote, as a peer of tests:
 *
 *   peer.mjs [NAME=VALUE …] -- ARGUMENT …
 *
 * lego has its settings in variables: credentials of the DNS, and whom to trust. The certificates that it gets are
 * printed at the end.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';

const FOLDER = 'certificates';

const words = process.argv.slice(2);
const end = words.indexOf('--');
const own = Object.fromEntries(words.slice(0, end).map((each) => each.split(/=(.*)/s, 2)));

const child = spawn('lego', words.slice(end + 1), {
  env: { ...process.env, ...own },
  stdio: 'inherit',
});
child.once('exit', (code) => {
  for (const name of existsSync(FOLDER) ? readdirSync(FOLDER) : []) {
    if (/(?<!issuer)\.crt$/.test(name)) process.stdout.write(readFileSync(`${FOLDER}/${name}`));
  }
  process.exitCode = code ?? 1;
});
