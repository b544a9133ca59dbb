import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSettingsServer, type SettingsServer } from 'schannel/web';

const SECRET = 'correct horse battery';

describe('the settings page', () => {
  let folder: string;
  let file: string;
  let servers: SettingsServer[];
  afterEach(() => servers.at(-1)?.close());
  beforeEach(() => {
    servers = [];
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-settings-'));
    file = path.join(folder, 'settings.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Asks a server that it starts. */
  const withServer = async (
    work: (ask: (method: string, path: string, body?: object) => Promise<Record<string, unknown>>) => unknown,
  ): Promise<void> => {
    await servers.at(-1)?.close();
    const server = await createSettingsServer({ file });
    servers.push(server);
    await server.listen();
    const { origin, hash } = new URL(server.link());
    let key = '';
    const ask = async (method: string, pathname: string, body?: object) => {
      const headers = { origin, 'content-type': 'application/json', authorization: `Bearer ${key}` };
      const response = await fetch(`${origin}${pathname}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      assert.equal(response.status, 200);
      return (await response.json()) as Record<string, unknown>;
    };
    key = String((await ask('POST', '/api/session', { link: hash.slice(1) }))['key']);
    await work(ask);
  };
  const stateIn = (view: Record<string, unknown>): unknown =>
    (view['secrets'] as Record<string, { state: string }>)['apiPassword']?.state;

  it('keeps secrets by Windows, for the next program too', async () => {
    await withServer(async (ask) => {
      await ask('PUT', '/api/settings', { secrets: { apiPassword: SECRET } });
    });
    assert.ok(!readFileSync(file, 'utf8').includes(SECRET));
    await withServer(async (ask) => {
      assert.equal(stateIn(await ask('GET', '/api/settings')), 'set');
    });
    // As after a restore on another machine.
    writeFileSync(`${file}.entropy`, Buffer.alloc(32));
    await withServer(async (ask) => {
      assert.equal(stateIn(await ask('GET', '/api/settings')), 'unreadable');
    });
  });

  it('shows a certificate that is to come, on a machine that has none', async () => {
    await withServer(async (ask) => {
      const settings = { names: [['www.example.com']], store: 'CurrentUser\\MY', insecurePort: 0 };
      await ask('PUT', '/api/settings', { settings });
      const { certificates, failure } = await ask('GET', '/api/status');
      assert.equal(failure, null);
      assert.equal((certificates as { state: string }[])[0]?.state, 'missing');
    });
  });
});
