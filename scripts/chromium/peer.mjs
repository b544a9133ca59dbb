/**
 * Chromium without a window, as a peer of tests: `peer.mjs CA.pem URL [flags]`. It trusts the authority in CA.pem, or
 * with '-' only what it comes with, in a separate profile, and shows the page until it is ended.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { mustRun } from '../support/process.mjs';

const [authority, url, ...flags] = process.argv.slice(2);
const home = path.resolve('home');
const store = path.join(home, '.pki/nssdb');
mkdirSync(store, { recursive: true });
await mustRun('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
if (authority !== '-')
  await mustRun('certutil', ['-d', `sql:${store}`, '-A', '-n', 'root', '-t', 'C,,', '-i', authority]);

// Without the sandbox, which root may not have; the pages are our own. The others keep it from looking for Google.
const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
];
const browser = spawn(
  'chromium',
  [...QUIET, `--user-data-dir=${path.join(home, 'profile')}`, ...flags, url],
  {
    env: { ...process.env, HOME: home },
    stdio: 'inherit',
  },
);
browser.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
