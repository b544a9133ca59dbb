import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WebLibrary } from '#lib/cli/command-context.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { run } from '#lib/cli/program.js';
import { capturedIO } from '../../../../support/captured-io.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { PlayedManager, playedServer } from '../../../../support/played-settings.js';

describe('cli/commands/web/settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-web-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the command; `meanwhile` is called with what it printed. */
  const runSettings = async (
    args: readonly string[],
    meanwhile: (printed: string) => unknown = () => undefined,
  ) => {
    const given: unknown[] = [];
    const createSettingsServer: WebLibrary['createSettingsServer'] = async (options) => {
      given.push(options);
      const server = await playedServer(folder, (settings) => Promise.resolve(new PlayedManager(settings)));
      const link = server.link.bind(server);
      server.link = () => {
        setImmediate(() => {
          void Promise.resolve(meanwhile(io.output())).finally(() => process.emit('SIGTERM'));
        });
        return link();
      };
      return server;
    };
    const io = capturedIO();
    const library = commandLibrary(undefined, undefined, undefined, undefined, { createSettingsServer });
    const code = await run(['web', 'settings', ...args], '0', library, io);
    return { code, io, given };
  };

  it('prints a link to a page that is there until it ends', async () => {
    let status = 0;
    let address = '';
    const { code, given } = await runSettings(['--file', 'x.json', '--renew'], async (printed) => {
      address = printed.trim();
      status = (await fetch(address)).status;
    });
    assert.equal(code, EXIT_CODES.ok);
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}$/);
    assert.equal(status, 200);
    assert.deepEqual(given, [{ file: 'x.json', renew: true }]);
    await assert.rejects(fetch(address));
  });

  it('prints JSON', async () => {
    let printed = '';
    await runSettings(['--json'], (text) => {
      printed = text;
    });
    const { ok, link } = JSON.parse(printed) as { ok: boolean; link: string };
    assert.ok(ok && link.startsWith('http://127.0.0.1:'));
  });

  it('says that the port is taken, by a separate exit code', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, io } = await runSettings(['--port', String(port)]);
    other.close();
    assert.equal(code, EXIT_CODES.listen);
    assert.match(io.errors(), new RegExp(`^Port ${String(port)} cannot be used`));
  });
});
