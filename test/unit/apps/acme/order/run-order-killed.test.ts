import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { getCertificate, type OrderTask } from '../../../../support/order-child.js';
import { PlayedAcme } from '../../../../support/played-acme.js';

const CHILD = path.join(__dirname, '..', '..', '..', '..', 'support', 'order-child.js');
const names = ['www.bar.example'];
/** An order has about twenty changes of files; anything longer is an endless loop. */
const MOST = 50;

describe('apps/acme/order/run-order: killed at any moment', () => {
  let server: PlayedAcme;
  let folder: string;

  before(async () => {
    server = await PlayedAcme.create();
    await server.listen();
    // What the authority sees is what the processes have written.
    server.look = ({ token, keyAuthorization }) =>
      readFileSync(path.join(folder, 'tokens', token), 'utf8') === keyAuthorization;
  });
  after(() => server.close());

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-order-'));
    for (const name of ['state', 'tokens', 'keys', 'placed']) await mkdir(path.join(folder, name));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(path.join(folder, 'account.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    server.orders.splice(0);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** @returns whether it came to its end */
  async function run(killAfter: number): Promise<boolean> {
    const task: OrderTask = { folder, directory: server.directory, names, killAfter };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    // On Windows the parent only sees the code 1.
    const isKilled = process.platform === 'win32' ? code === 1 : signal === 'SIGKILL';
    assert.ok(code === 0 || isKilled, output);
    return code === 0;
  }

  const filesIn = (name: string): Promise<string[]> => readdir(path.join(folder, name));

  async function check(): Promise<void> {
    assert.equal(server.orders.length, 1, 'orders');
    assert.equal(server.orders[0]?.finalized, 1, 'requests');
    assert.deepEqual(await filesIn('tokens'), []);
    assert.deepEqual(await filesIn('state'), []);
    const [key, ...others] = await filesIn('keys');
    assert.deepEqual(others, []);
    const pem = await readFile(path.join(folder, 'keys', key ?? ''), 'utf8');
    const certificate = await readFile(path.join(folder, 'placed', 'certificate.pem'));
    assert.ok(new X509Certificate(certificate).publicKey.equals(createPublicKey(createPrivateKey(pem))));
  }

  it('at any change of a file, the next process ends the same order and leaves nothing behind', async () => {
    for (let change = 1; ; change += 1) {
      assert.ok(change < MOST);
      const isDone = await run(change);
      // The certificate is in its place and no order is under way: there is nothing to do.
      const isPlaced = (await filesIn('placed')).length > 0 && (await filesIn('state')).length === 0;
      if (!isPlaced) await getCertificate({ folder, directory: server.directory, names });
      await check().catch((error: unknown) => {
        throw new Error(`killed after change ${change}: ${String(error)}`);
      });
      if (isDone) break;
      for (const name of ['keys', 'placed']) {
        for (const file of await filesIn(name)) await rm(path.join(folder, name, file));
      }
      server.orders.splice(0);
    }
  });

  it('again and again, one process gets further than the other', async () => {
    let change = 3;
    while (!(await run(change))) {
      change += 4;
      assert.ok(change < MOST);
    }
    await check();
  });
});
