/**
 * Chromium without a window, as a peer of tests: `peer.mjs CA.pem URL [flags]`. It trusts the authority in CA.pem, or
 * with '-' only what it comes with, in a separate profile, and shows the page until it is ended.
 *
 * `--client-pfx=FILE` and `--client-password=TEXT` are not for Chromium: FILE has a PFX in Base64. It is imported into
 * the browser's own store, and shown to the server of URL without a question.
 *
 * With `--remote-debugging-pipe` it takes commands from the standard input, and answers on the standard output: JSON
 * with a NUL behind each (Chrome DevTools Protocol).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mustRun } from '../support/process.mjs';

const [authority, url, ...rest] = process.argv.slice(2);
const OWN = /^--client-(pfx|password)=/;
const { values: client } = parseArgs({
  args: rest.filter((flag) => OWN.test(flag)),
  options: { 'client-pfx': { type: 'string' }, 'client-password': { type: 'string', default: '' } },
});
const flags = rest.filter((flag) => !OWN.test(flag));

const home = path.resolve('home');
const store = path.join(home, '.pki/nssdb');
const profile = path.join(home, 'profile');
mkdirSync(store, { recursive: true });
await mustRun('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
if (authority !== '-')
  await mustRun('certutil', ['-d', `sql:${store}`, '-A', '-n', 'root', '-t', 'C,,', '-i', authority]);
if (client['client-pfx'] !== undefined) await useClientCertificate(client['client-pfx']);

/** What a user does with pk12util, and with a click when the browser asks which certificate to use. */
async function useClientCertificate(file) {
  const pfx = path.join(home, 'client.pfx');
  writeFileSync(pfx, Buffer.from(readFileSync(file, 'utf8'), 'base64'), { mode: 0o600 });
  await mustRun('pk12util', ['-d', `sql:${store}`, '-K', '', '-i', pfx, '-W', client['client-password']]);
  // The setting behind the policy AutoSelectCertificateForUrls, which is for the whole machine.
  const choice = { [`${new URL(url).origin},*`]: { setting: { filters: [{}] } } };
  const preferences = { profile: { content_settings: { exceptions: { auto_select_certificate: choice } } } };
  mkdirSync(path.join(profile, 'Default'), { recursive: true });
  writeFileSync(path.join(profile, 'Default/Preferences'), JSON.stringify(preferences));
}

// Without the sandbox, which root may not have; the pages are our own. The others keep it from looking for Google.
const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
];
const browser = spawn('chromium', [...QUIET, `--user-data-dir=${profile}`, ...flags, url], {
  env: { ...process.env, HOME: home },
  // Chromium reads commands from the descriptor 3, and writes to 4.
  stdio: flags.includes('--remote-debugging-pipe') ? ['ignore', 2, 2, 0, 1] : 'inherit',
});
browser.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
