import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SettingsServer } from '#lib/web/settings/server.js';
import { Tab } from '../../../support/chromium.js';
import { needsPeer } from '../../../support/peers.js';
import { PlayedManager, playedServer, playedTools } from '../../../support/played-settings.js';

describe('web/settings/settings-server: web/settings/settings-server in Chromium', function () {
  let tab: Tab;
  let opened = false;
  let folder: string;
  let server: SettingsServer;
  let manager: PlayedManager;
  before(async function () {
    await needsPeer(this, 'chromium');
    tab = await Tab.open();
    opened = true;
  });
  after(async () => {
    if (opened) await tab.close();
  });
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-settings-'));
    server = await playedServer(
      folder,
      (given) => {
        manager = new PlayedManager(given);
        return Promise.resolve(manager);
      },
      { tools: { ...playedTools, portOwner: (port) => Promise.resolve(port === 80 ? 'IIS has it' : null) } },
    );
    await server.listen();
    await tab.send('Page.bringToFront');
  });
  afterEach(async () => {
    await tab.go('about:blank');
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const file = (): Record<string, unknown> =>
    JSON.parse(readFileSync(path.join(folder, 'settings.json'), 'utf8')) as Record<string, unknown>;
  const enter = async (): Promise<void> => {
    await tab.go(server.link());
    await tab.until('!document.getElementById("app").hidden');
  };
  const text = (selector: string): Promise<string> =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  const value = (selector: string): Promise<string> =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).value`);
  const fill = async (selector: string, what: string): Promise<void> => {
    await tab.click(selector);
    await tab.evaluate('document.activeElement.select()');
    await tab.type(what);
  };

  it('is locked without a link, and with one that was used', async () => {
    await tab.go(`http://127.0.0.1:${server.port}/`);
    await tab.until('!document.getElementById("locked").hidden');
    const link = server.link();
    await tab.go(link);
    await tab.until('!document.getElementById("app").hidden');
    assert.equal(await tab.evaluate('location.href'), `http://127.0.0.1:${server.port}/`);
    await tab.evaluate('sessionStorage.clear()');
    await tab.go('about:blank');
    await tab.go(link);
    await tab.until('!document.getElementById("locked").hidden');
    assert.match(await text('#locked-reason'), /used before/);
    assert.equal(await tab.evaluate('document.getElementById("app").hidden'), true);
  });

  it('saves what was entered, and keeps the secret to itself', async () => {
    await enter();
    assert.match(await text('#summary'), /Enter the names/);
    await fill('#names', 'www.bar.example');
    await fill('#contact', 'anna@bar.example');
    await tab.click('#termsOfServiceAgreed');
    await tab.click('input[name=challenge][value=dns-01]');
    await fill('#dnsimpleToken', 'hunter22');
    assert.equal(await text('#save-state'), 'There are unsaved changes.');
    await tab.click('#save');
    await tab.until('document.getElementById("save-bar").hidden');
    const { secrets, ...settings } = file();
    assert.deepEqual(settings, {
      version: 1,
      names: [['www.bar.example']],
      contact: 'anna@bar.example',
      termsOfServiceAgreed: true,
      challenge: 'dns-01',
    });
    assert.deepEqual(Object.keys(secrets as object), ['dnsimpleToken']);
    assert.equal(manager.given.secrets.dnsimpleToken, 'hunter22');
    assert.equal(await value('#dnsimpleToken'), '');
    assert.match(await text('#dnsimpleToken-secret'), /^Set on /);
    assert.ok(!(await tab.evaluate<string>('document.documentElement.outerHTML')).includes('hunter22'));
  });

  it('says beside the field what is wrong, and goes there', async () => {
    await enter();
    await fill('#securePort', '70000');
    await tab.click('#authority summary');
    await fill('#profile', 'not one');
    await tab.click('#authority summary');
    await tab.click('#save');
    await tab.until('document.querySelector("#securePort[aria-invalid]")');
    assert.equal(await text('#securePort-fault'), 'It must be a port from 1 to 65535.');
    assert.match(
      await tab.evaluate('document.getElementById("securePort").getAttribute("aria-describedby")'),
      /securePort-fault/,
    );
    // In a part that was closed.
    assert.equal(await tab.evaluate('document.activeElement.id'), 'profile');
    await tab.click('#discard');
    await tab.until('document.getElementById("save-bar").hidden');
    assert.equal(await value('#securePort'), '443');
  });

  it('shows what the buttons find out', async () => {
    await enter();
    await tab.click('#ports');
    await tab.until('document.getElementById("ports-result").textContent.includes("443")');
    assert.equal(await text('#ports-result'), 'Port 80: IIS has it. Port 443 is free.');
    await tab.click('input[name=challenge][value=dns-01]');
    await tab.click('#look-up');
    await tab.until(
      'document.getElementById("accounts-result").textContent === "There is no token. Send what the page sends."',
    );
    await fill('#dnsimpleToken', 'hunter22');
    await tab.click('#look-up');
    await tab.until('document.getElementById("dnsimpleAccount").value === "1010"');
  });

  it('has a name for every control, and no markup of others', async () => {
    await enter();
    await fill('#names', 'www.bar.example');
    await tab.click('#save');
    await tab.until('document.getElementById("save-bar").hidden');
    manager.given.log({ level: 'error', name: '<img src=x onerror=alert(1)>', text: '<b>bold</b>' });
    await tab.until('document.querySelector("#log li").innerText.includes("<b>bold</b>")');
    assert.equal(await tab.evaluate('document.querySelectorAll("#log img, #log b b").length'), 0);
    const { nodes } = (await tab.send('Accessibility.getFullAXTree')) as {
      nodes: {
        ignored: boolean;
        role?: { value: string };
        name?: { value: string };
      }[];
    };
    const roles = ['button', 'textbox', 'combobox', 'checkbox', 'switch', 'radio', 'spinbutton', 'link'];
    const controls = nodes.filter(({ ignored, role }) => !ignored && roles.includes(role?.value ?? ''));
    assert.ok(controls.length > 30, String(controls.length));
    assert.deepEqual(
      controls.filter(({ name }) => (name?.value ?? '') === ''),
      [],
    );
    for (const role of ['banner', 'navigation', 'main', 'log', 'status']) {
      assert.ok(
        nodes.some((node) => node.role?.value === role),
        role,
      );
    }
    const complaints = tab.complaints.filter((each) => !each.includes('"level":"verbose"'));
    assert.deepEqual(
      complaints.filter((each) => !/status of 4\d\d/.test(each)),
      [],
    );
  });

  it('keeps what a person types while something changes at the server', async () => {
    await enter();
    await fill('#names', 'www.bar.example');
    await tab.click('#save');
    await tab.until('document.getElementById("save-bar").hidden');
    await fill('#contact', 'anna@bar.example');
    manager.certificates = [
      {
        names: [{ name: 'www.bar.example', state: 'failed', problem: 'no record' }],
        state: 'failing',
        thumbprint: null,
        issuer: null,
        notAfter: null,
        next: new Date(Date.UTC(2099, 0, 1)),
        reason: 'It is tried again then.',
        failure: {
          code: 'ERR_SCHANNEL_ACME_DNS',
          message: 'There is no record',
          advice: 'Add it.',
          at: null,
        },
      },
    ];
    manager.given.changed();
    await tab.until('document.querySelector(".card .problem")');
    assert.equal(await text('.card .problem'), 'Failed: There is no record. Add it.');
    assert.match(await text('.card'), /www\.bar\.example\s+no record/);
    assert.equal(await value('#contact'), 'anna@bar.example');
  });

  it('is locked again by its button', async () => {
    await enter();
    await tab.click('#sign-out');
    await tab.until('!document.getElementById("locked").hidden');
    assert.equal(await tab.evaluate('sessionStorage.length'), 0);
  });
});
