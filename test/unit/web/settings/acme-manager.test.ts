import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { managerBy } from '#lib/web/settings/acme-manager.js';
import type { NewLogEntry } from '#lib/web/settings/log.js';
import type { PageManager } from '#lib/web/settings/manager.js';
import { DEFAULTS, type Settings } from '#lib/web/settings/schema.js';
import { ManagedMachine } from '../../../support/acme-manager.js';
import { idle } from '../../../support/scripted-clock.js';
import { ORIGIN } from '../../../support/scripted-acme.js';
import { freePort } from '../../../support/free-port.js';

describe('web/settings/acme-manager', () => {
  let folder: string;
  let machine: ManagedMachine;
  let manager: PageManager;
  let log: NewLogEntry[];
  let changes: number;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-page-'));
    machine = new ManagedMachine(folder);
    log = [];
    changes = 0;
  });
  afterEach(async () => {
    await manager.stop();
    rmSync(folder, { recursive: true });
  });

  const open = async (settings: Partial<Settings> = {}): Promise<void> => {
    const create = managerBy(
      ({ certificates, ...options }) =>
        machine.manager(
          {},
          { ...options, directory: `${ORIGIN}/directory`, certificates: [...certificates] },
        ),
      folder,
    );
    manager = await create({
      settings: {
        ...DEFAULTS,
        names: [['www.bar.test', 'bar.test']],
        termsOfServiceAgreed: true,
        insecurePort: 0,
        ...settings,
      },
      secrets: {},
      log: (entry) => log.push(entry),
      changed: () => {
        changes += 1;
      },
    });
  };
  const first = async () => (await manager.status())[0] ?? assert.fail('no certificate');

  it('shows a certificate that is to come, then the one that came', async () => {
    machine.suggestion = [50, 60];
    await open();
    const before = await first();
    assert.deepEqual([before.state, before.next, before.reason], ['missing', null, 'With the next check.']);
    assert.deepEqual(
      before.names.map(({ name, state }) => `${name} ${state}`),
      ['www.bar.test waiting', 'bar.test waiting'],
    );
    await manager.check();
    const after = await first();
    assert.equal(after.state, 'valid');
    assert.match(after.thumbprint ?? '', /^[0-9A-F]{40}$/);
    assert.equal(after.notAfter?.getTime(), machine.clock.now() + 90 * 86_400_000);
    assert.equal(after.next?.getTime(), machine.clock.now() + 50 * 86_400_000);
    assert.equal(after.reason, 'The authority suggests this time. https://acme.test/why');
    assert.ok(after.names.every(({ state }) => state === 'confirmed'));
    assert.ok(log.some(({ level, text }) => level === 'success' && text.includes('is in its store')));
    assert.ok(changes > 0);
  });

  it('shows what failed, and tries again as soon as somebody asks', async () => {
    machine.beforeOrder = () => {
      throw new SchannelError('ERR_SCHANNEL_ACME_CAA', 'a CAA record forbids it', { advice: 'Change it.' });
    };
    await open();
    await manager.check();
    const { state, failure, next, reason } = await first();
    assert.equal(state, 'failing');
    assert.equal(failure?.code, 'ERR_SCHANNEL_ACME_CAA');
    assert.ok(next !== null);
    assert.equal(reason, 'It is tried again then.');
    const entry = log.find(({ level }) => level === 'error');
    assert.deepEqual(
      [entry?.code, entry?.text],
      ['ERR_SCHANNEL_ACME_CAA', 'a CAA record forbids it. Change it.'],
    );
    machine.beforeOrder = () => undefined;
    await manager.check();
    assert.equal((await first()).state, 'valid');
  });

  it('says that it is at work', async () => {
    let during = '';
    await open();
    machine.beforeOrder = async () => {
      during = (await first()).state;
    };
    await manager.check();
    assert.equal(during, 'working');
  });

  it('has port 80 during a check, redirects visitors, and gives it back', async () => {
    const port = await freePort();
    await open({ insecurePort: port, address: '127.0.0.1', names: [['WWW.Bar.test', 'bar.test']] });
    let location: string | undefined;
    machine.beforeOrder = async () => {
      const request = http.get({ port, path: '/x', headers: { host: 'www.bar.test' }, agent: false });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      ({ location } = response.headers);
      response.resume();
    };
    await manager.check();
    assert.equal(location, 'https://www.bar.test/x');
    const again = net.createServer().listen(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });

  it('goes on if another program has port 80, and says so', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await open({ insecurePort: port, address: '127.0.0.1' });
    await manager.check();
    other.close();
    assert.ok(
      log.some(({ level, text }) => level === 'warning' && text.includes('cannot be used here (EADDRINUSE)')),
    );
    assert.equal((await first()).state, 'valid');
  });

  it('has port 80 as long as it renews by itself, after a check too', async () => {
    const port = await freePort();
    await open({ insecurePort: port, address: '127.0.0.1' });
    manager.start();
    await manager.check();
    const taken = await once(net.createServer().listen(port, '127.0.0.1'), 'listening').catch(
      (error: unknown) => error,
    );
    assert.match(String(taken), /EADDRINUSE/);
    await manager.stop();
    const free = net.createServer().listen(port, '127.0.0.1');
    await once(free, 'listening');
    free.close();
  });

  it('does not begin to renew if it is stopped at once', async () => {
    const port = await freePort();
    await open({ insecurePort: port, address: '127.0.0.1' });
    manager.start();
    await manager.stop();
    await idle();
    assert.deepEqual(machine.orders, []);
    const free = net.createServer().listen(port, '127.0.0.1');
    await once(free, 'listening');
    free.close();
  });

  it('ends a check when it is stopped', async () => {
    await open();
    const begun = new Promise<void>((resolve) => {
      machine.beforeOrder = ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
          resolve();
        });
    });
    const check = manager.check();
    await begun;
    await manager.stop();
    await check;
  });
});
