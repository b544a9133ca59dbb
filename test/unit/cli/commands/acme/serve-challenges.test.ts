import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { httpRequest } from '#lib/acme.js';
import { errorCode } from '#lib/base/errors/error-code.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';
import { MemoryDns } from '../../../../support/memory-dns.js';
import { transport } from '../../../../support/scripted-service.js';

const BY_PROGRAM = ['--dns', 'program', '--dns-program', 'x'];
const RECORD = { name: '_acme-challenge.bar.example', value: 'v'.repeat(43), ttl: 60 };

describe('cli/commands/acme/serve-challenges', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-serve-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** As soon as the server listens. */
  async function onceThere(task: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const isThere = await task().then(
        () => true,
        (error: unknown) => {
          if (errorCode(error) !== 'ERR_SCHANNEL_DNS_CONNECTION') throw error;
          return false;
        },
      );
      if (isThere) return;
    }
  }

  it('changes records for its clients, also for one that is added later, and says what it did', async () => {
    const port = await freePort();
    const dns = new MemoryDns();
    const args = ['--behind-proxy', '--port', String(port), '--for', '10m', '--json', ...BY_PROGRAM];
    // The first use of the records is the start of the server.
    const ending = acmeCommand(['serve-challenges', folder, ...args], { dns });
    const added = await acmeCommand([
      'challenge-client',
      'add',
      folder,
      'hulk',
      '--names',
      'bar.example',
      '--json',
    ]);
    const { secret } = added.json() as { secret: string };
    const client = httpRequest({
      url: `http://127.0.0.1:${port}`,
      username: 'hulk',
      password: secret,
      transport,
    });
    await onceThere(() => client.add(RECORD));
    assert.deepEqual(dns.values, [`${RECORD.name} ${RECORD.value}`]);
    process.emit('SIGINT');
    const { code, ...io } = await ending;
    assert.equal(code, EXIT_CODES.ok, io.errors());
    const [start, event] = io
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(start, { ok: true, url: `http://127.0.0.1:${port}` });
    assert.deepEqual(
      [event?.['client'], event?.['action'], event?.['outcome'], event?.['from'], event?.['name']],
      ['hulk', 'present', 'done', '127.0.0.1', RECORD.name],
    );
    assert.ok(!io.output().includes(secret));
  });

  it('ends with its own code if the port is taken, and can begin again', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const args = ['serve-challenges', folder, '--behind-proxy', '--port', String(port), ...BY_PROGRAM];
    for (let round = 0; round < 2; round += 1)
      assert.equal((await acmeCommand(args, { dns: new MemoryDns() })).code, EXIT_CODES.listen);
    await new Promise((resolve) => server.close(resolve));
  });

  for (const [what, args] of [
    ['neither a certificate nor a proxy', BY_PROGRAM],
    ['both', ['--certificate', 'x', '--behind-proxy', ...BY_PROGRAM]],
    ['plain HTTP for the network', ['--behind-proxy', '--host', '0.0.0.0', ...BY_PROGRAM]],
    ['nobody who changes records', ['--behind-proxy']],
    ['a zone that is none', ['--behind-proxy', '--zone', '*', ...BY_PROGRAM]],
    ['registration without a zone', ['--behind-proxy', '--register', '10.0.0.0/8', ...BY_PROGRAM]],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, ...io } = await acmeCommand(['serve-challenges', folder, ...args], {
        dns: new MemoryDns(),
      });
      assert.equal(code, EXIT_CODES.usage, io.errors());
    });
  }

  it('does not begin with a file of clients that is damaged', async () => {
    writeFileSync(path.join(folder, 'clients.json'), '{');
    const { code, ...io } = await acmeCommand(['serve-challenges', folder, '--behind-proxy', ...BY_PROGRAM]);
    assert.equal(code, EXIT_CODES.failure);
    assert.match(io.errors(), /clients\.json is not JSON/);
  });
});
