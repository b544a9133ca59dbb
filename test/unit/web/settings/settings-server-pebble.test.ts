import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { managerBy } from '#lib/web/settings/acme-manager.js';
import type { SettingsServer } from '#lib/web/settings/server.js';
import { Tab } from '../../../support/chromium.js';
import { freePort } from '../../../support/free-port.js';
import { memoryManager } from '../../../support/memory-manager.js';
import { type Pebble, startPebble } from '../../../support/pebble.js';
import { needsPeer } from '../../../support/peers.js';
import { playedServer } from '../../../support/played-settings.js';

describe('web/settings/settings-server: a certificate from pebble', () => {
  let started = false;
  let port: number;
  let pebble: Pebble;
  let tab: Tab;
  let folder: string;
  let server: SettingsServer;
  before(async function () {
    await needsPeer(this, 'chromium');
    await needsPeer(this, 'pebble');
    port = await freePort();
    [pebble, tab] = await Promise.all([startPebble({ httpPort: port }), Tab.open()]);
    started = true;
  });
  after(async () => {
    if (started) await Promise.all([pebble.stop(), tab.close()]);
  });
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-settings-'));
    server = await playedServer(folder, managerBy(memoryManager(pebble), path.join(folder, 'acme')));
    await server.listen();
    await tab.go(server.link());
    await tab.until('!document.getElementById("app").hidden');
  });
  afterEach(async () => {
    await tab.go('about:blank');
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const text = (selector: string): Promise<string> =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  const done = (): Promise<void> =>
    tab.until(
      'document.querySelector(".badge.good")?.textContent === "Valid" && !document.querySelector(".busy")',
    );

  it('comes from the first start by mouse', async () => {
    const fill = async (selector: string, what: string): Promise<void> => {
      await tab.click(selector);
      await tab.evaluate('document.activeElement.select()');
      await tab.type(what);
    };
    await fill('#names', 'www.example.com, example.com\n');
    await fill('#directory', pebble.directory);
    await fill('#insecurePort', String(port));
    await tab.click('#save');
    await tab.until('document.getElementById("save-bar").hidden');
    // Nobody has agreed to the terms of the authority.
    await tab.click('#check');
    await tab.until('document.querySelector(".badge.bad") && !document.querySelector(".busy")');
    assert.match(await text('.card .problem'), /has terms that nobody has agreed to/);
    await tab.click('#termsOfServiceAgreed');
    // It saves first.
    await tab.click('#check');
    await done();
    assert.deepEqual(
      await tab.evaluate(
        '[...document.querySelectorAll(".names .confirmed .name")].map((each) => each.innerText)',
      ),
      ['www.example.com', 'example.com'],
    );
    assert.match(await text('.card dl'), /Valid until[^]*Next[^]*Thumbprint/);
    const log = server.logEntries.map((entry) => entry.text).join('\n');
    assert.match(log, /The certificate is in its store/);
    assert.ok(server.logEntries.some(({ order }) => order?.startsWith('https://localhost:') === true));
  });

  it('comes by keyboard, in the order of the page', async () => {
    await tab.tabTo('.skip');
    await tab.press('Enter');
    await tab.tabTo('#names');
    await tab.type('*.example.com');
    await tab.tabTo('#directory');
    await tab.evaluate('document.activeElement.select()');
    await tab.type(pebble.directory);
    await tab.tabTo('#termsOfServiceAgreed');
    await tab.press(' ');
    await tab.tabTo('#insecurePort');
    await tab.evaluate('document.activeElement.select()');
    await tab.type(String(port));
    await tab.tabTo('#save');
    await tab.press('Enter');
    await tab.until('document.getElementById("save-bar").hidden && document.activeElement.id === "check"');
    // A wildcard can't be proved by HTTP: the page says so, and the person corrects the name.
    await tab.until('document.getElementById("check-result").innerText.includes("*.example.com")');
    await tab.tabTo('#names');
    await tab.evaluate('document.activeElement.select()');
    await tab.type('shop.example.com');
    await tab.tabTo('#save');
    await tab.press('Enter');
    await tab.until('document.getElementById("save-bar").hidden && document.activeElement.id === "check"');
    await tab.press('Enter');
    await done();
    assert.equal(await tab.evaluate('document.activeElement.id'), 'check');
    assert.match(await text('#summary'), /testing server/);
  });
});
