/**
 * XCA without a window, as a peer of tests: `peer.mjs PASSWORD FILE…` imports the files (PEM, templates) into a new
 * database, has XCA make the next revocation list of the authority called 'XCA Root', and prints the database in
 * Base64.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { mustRun } from '../support/process.mjs';

/** How often the password is typed, in milliseconds. */
const AGAIN = 200;

const [password, ...files] = process.argv.slice(2);
const database = path.resolve('xca.xdb');
const env = { ...process.env, HOME: process.cwd(), QT_QPA_PLATFORM: 'offscreen' };
const xca = ['--no-gui', `--database=${database}`];

await create();
const known = [...xca, `--password=pass:${password}`];
await mustRun('xca', [...known, '--import', ...files], { env });
await mustRun('xca', [...known, '--crlgen=XCA Root', '--name=next'], { env });
process.stdout.write(`database ${readFileSync(database).toString('base64')}\n`);

/** For a new database, XCA takes its password only from a terminal, which `script` plays. */
async function create() {
  const command = ['xca', ...xca, '--import'].map((word) => `'${word}'`).join(' ');
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { env });
  // XCA throws away what is typed before it listens, also behind its question. It asks twice.
  const typing = setInterval(() => terminal.stdin.write(`${password}\n`), AGAIN);
  terminal.stdout.resume();
  terminal.stdin.on('error', () => undefined);
  await once(terminal, 'exit');
  clearInterval(typing);
  terminal.stdin.end();
}
