import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CheckRun } from '#lib/apps/acme/manager/check-run.js';
import { AcmeManager } from '#lib/apps/acme/manager/manager.js';
import { parseOptions } from '#lib/apps/acme/manager/options.js';
import type { SetReport } from '#lib/apps/acme/manager/report.js';
import { undoLeftovers } from '#lib/apps/acme/order/leftovers.js';
import { runOrder } from '#lib/apps/acme/order/run-order.js';
import { ManagerKeys, MemoryShelf } from '../../../../support/acme-manager.js';
import { MemorySolver } from '../../../../support/order-parts.js';
import { PlayedAcme } from '../../../../support/played-acme.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/manager/manager: with the orders of a server', () => {
  let state: string;
  let server: PlayedAcme;
  let shelf: MemoryShelf;
  let keys: ManagerKeys;
  let solver: MemorySolver;
  let ran: string[];
  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-manager-'));
    server = await PlayedAcme.create();
    [shelf, keys, solver, ran] = [new MemoryShelf(), new ManagerKeys(), new MemorySolver(), []];
  });
  afterEach(() => rm(state, { recursive: true }));

  /** A process that checks once. */
  async function check(force = false): Promise<SetReport> {
    const options = parseOptions({
      directory: server.directory,
      termsOfServiceAgreed: true,
      state,
      certificates: [{ names: ['www.bar.test'], challenge: solver, id: 'web', after: { program: 'one' } }],
    });
    const clock = new HastyClock(Date.now());
    const system = {
      transport: server.transport,
      shelf,
      keysFor: () => keys,
      lockFor: () => (task: () => Promise<unknown>) => task(),
      order: runOrder,
      undoLeftovers,
      inspect: () => Promise.resolve([]),
      run: (program: string) => {
        ran.push(program);
        return Promise.resolve();
      },
      clock,
      random: () => 0.5,
    } as ConstructorParameters<typeof CheckRun<Awaited<ReturnType<ManagerKeys['make']>>>>[1];
    const manager = new AcmeManager(
      options,
      clock,
      (events, signal) => new CheckRun(options, system, events, signal),
    );
    const [report] = (await manager.check({ force })).sets;
    return report ?? assert.fail();
  }

  const journals = async (): Promise<string[]> =>
    (await readdir(state, { recursive: true })).filter((name) => name.endsWith('.order.json'));

  it('gets a certificate and leaves neither a journal nor an answer', async () => {
    const report = await check();
    assert.deepEqual([report.action, report.error], ['issued', null]);
    assert.deepEqual([server.orders.length, solver.shown.size, await journals()], [1, 0, []]);
    assert.deepEqual(ran, ['one']);
  });

  it('asks nobody while nothing is due', async () => {
    await check();
    const { length } = server.asked;
    assert.equal((await check()).action, 'none');
    assert.equal(server.asked.length, length);
  });

  it('tells the server which certificate it replaces', async () => {
    await check();
    assert.equal((await check(true)).action, 'renewed');
    assert.equal(typeof server.orders[1]?.payload['replaces'], 'string');
    // One key for the account, one for each certificate.
    assert.equal(keys.kept.size, 3);
  });

  it('finishes with the same order what it could not place', async () => {
    shelf.failure = new Error('the disk is full');
    const failed = await check();
    assert.deepEqual([failed.action, failed.unfinished], ['failed', true]);
    shelf.failure = null;
    const report = await check(true);
    assert.deepEqual([report.action, report.unfinished], ['issued', false]);
    assert.deepEqual([server.orders.length, server.orders[0]?.finalized], [1, 1]);
  });

  it('finishes after a process that was killed when it had placed the certificate', async () => {
    shelf.afterPlacing = () => {
      throw new Error('killed');
    };
    await check();
    assert.equal(shelf.held.length, 1);
    assert.deepEqual(ran, []);
    shelf.afterPlacing = () => undefined;
    // Nothing is due, and the last attempt was a moment ago.
    const report = await check(true);
    assert.deepEqual([report.error, report.unfinished, await journals()], [null, false, []]);
    assert.deepEqual([server.orders.length, shelf.held.length], [1, 1]);
    assert.deepEqual(ran, ['one']);
  });
});
