#!/usr/bin/env node
/**
 * Takes the pictures of docs/web.md from the running settings page, with certificates that are played:
 *
 *   npm run build && node scripts/settings-pictures.mjs
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { startPeerHost } from './peers/host.mjs';
import { inRoot } from './support/paths.mjs';

const require = createRequire(import.meta.url);
const { Tab } = require(inRoot('dist-test/support/chromium.js'));
const { PlayedManager, playedServer } = require(inRoot('dist-test/support/played-settings.js'));

const DAY = 86_400_000;
const inDays = (days) => new Date(Date.now() + days * DAY);
const confirmed = (name) => ({ name, state: 'confirmed', problem: null });

const CERTIFICATES = [
  {
    names: [confirmed('www.bar.example'), confirmed('bar.example')],
    state: 'valid',
    thumbprint: '9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B',
    issuer: 'acme-v02.api.letsencrypt.org',
    notAfter: inDays(83),
    next: inDays(58),
    reason: 'The authority suggests this time.',
    failure: null,
  },
  {
    names: [{ name: '*.lan.bar.example', state: 'failed', problem: 'a CAA record forbids it' }],
    state: 'failing',
    thumbprint: null,
    issuer: null,
    notAfter: null,
    next: new Date(Date.now() + 600_000),
    reason: 'It is tried again then.',
    failure: {
      code: 'ERR_SCHANNEL_ACME_CAA',
      message: 'CAA record for bar.example prevents issuance',
      advice: 'Permit the authority in the CAA record.',
      at: new Date(),
    },
  },
];

const SETTINGS = {
  names: [['www.bar.example', 'bar.example'], ['*.lan.bar.example']],
  contact: 'anna@bar.example',
  termsOfServiceAgreed: true,
  testing: false,
  challenge: 'dns-01',
};

const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-pictures-'));
const file = path.join(folder, 'settings.json');
writeFileSync(file, JSON.stringify({ version: 1, ...SETTINGS }));
const host = await startPeerHost();
process.env['SCHANNEL_PEERS'] = host.address;
const server = await playedServer(folder, (given) =>
  Promise.resolve(Object.assign(new PlayedManager(given), { certificates: CERTIFICATES })),
);
await server.listen();
const tab = await Tab.open(1100, 960);
mkdirSync(inRoot('docs/images'), { recursive: true });
for (const scheme of ['light', 'dark']) {
  await tab.colours(scheme);
  await tab.go('about:blank');
  await tab.go(server.link());
  await tab.until(
    'document.querySelectorAll(".card").length === 2 && !document.getElementById("app").hidden',
  );
  writeFileSync(inRoot(`docs/images/settings-${scheme}.png`), await tab.picture());
}
await tab.close();
await server.close();
await host.close();
rmSync(folder, { recursive: true });
