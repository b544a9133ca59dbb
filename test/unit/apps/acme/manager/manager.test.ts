import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AcmeManager } from '#lib/apps/acme/manager/manager.js';
import type { CertificateSet, ManagerOptions } from '#lib/apps/acme/manager/options.js';
import type { SetReport } from '#lib/apps/acme/manager/report.js';
import type { ShelvedCertificate } from '#lib/apps/acme/manager/shelf.js';
import { moveBindings, setBinding } from '#lib/apps/binding/bindings.js';
import type { BindingSystem } from '#lib/apps/binding/system.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { toHex } from '#lib/base/text/hex.js';
import { guidBytes } from '#lib/windows/binding/binding.js';
import { ManagedMachine } from '../../../../support/acme-manager.js';
import { IIS, OLD, ScriptedHttp } from '../../../../support/scripted-http.js';
import { skip } from '../../../../support/skip.js';

const NAMES = ['www.bar.test', 'bar.test'];
const refused = (code = 'ERR_SCHANNEL_ACME_DNS', more = {}): SchannelError =>
  new SchannelError(code, 'no record', more);

/** A journal as an order leaves it. */
const journalOf = (order: { readonly finalized?: boolean }): string =>
  JSON.stringify({
    version: 1,
    order: {
      account: 'https://acme.test/account/1',
      names: [{ type: 'dns', value: 'www.bar.test' }],
      profile: null,
      url: 'https://acme.test/order/9',
      key: { name: 'x' },
      finalized: false,
      refused: false,
      ...order,
    },
    shown: [],
    keys: [],
  });

describe('apps/acme/manager/manager', () => {
  let state: string;
  let machine: ManagedMachine;
  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-manager-'));
    machine = new ManagedMachine(state);
  });
  afterEach(() => rm(state, { recursive: true }));

  const fileOf = async (name: string): Promise<string> =>
    path.join(state, (await readdir(state)).find((each) => each.startsWith('acme.test-')) ?? '', name);

  /** The report of one set. */
  async function check(manager = machine.manager(), force = false): Promise<SetReport> {
    const { sets } = await manager.check({ force });
    const [report] = sets;
    assert.ok(report !== undefined);
    return report;
  }

  describe('a certificate', () => {
    it('is got, placed with its marker and name, and got no second time', async () => {
      const report = await check(machine.manager({ names: NAMES }));
      assert.equal(report.action, 'issued');
      assert.equal(report.error, null);
      const [held] = machine.shelf.held;
      assert.equal(held?.friendlyName, 'www.bar.test [acme 2030-01-01]');
      assert.equal(held.reference, report.certificate?.reference);
      assert.equal(held.marker.set, 'web');
      assert.equal(held.marker.directory, 'https://acme.test/directory');
      const again = await check(machine.manager({ names: NAMES }));
      assert.equal(again.action, 'none');
      assert.equal(machine.orders.length, 1);
      assert.deepEqual(machine.events, ['issued web']);
    });

    it('is renewed when a third of its lifetime is left, and the former one is archived', async () => {
      await check();
      await machine.pass(59.9);
      assert.equal((await check()).action, 'none');
      await machine.pass(0.2);
      const report = await check();
      assert.equal(report.action, 'renewed');
      const [former, present] = machine.shelf.held;
      assert.equal(former?.archived, true);
      assert.equal(machine.shelf.successors.get(former.contents.thumbprint), present?.contents.thumbprint);
      assert.equal(machine.orders[1]?.replaces, former.contents.raw);
      assert.deepEqual(machine.events, ['issued web', 'renewed web']);
    });

    it('is renewed once by two processes that come at the same time', async () => {
      const reports = await Promise.all([check(machine.manager()), check(machine.manager())]);
      assert.deepEqual(reports.map(({ action }) => action).sort(), ['issued', 'none']);
      assert.equal(machine.orders.length, 1);
    });

    it('is renewed at once by force', async () => {
      await check();
      assert.equal((await check(machine.manager(), true)).action, 'renewed');
    });

    it('is got again if a name was added to its set', async () => {
      await check();
      const report = await check(machine.manager({ names: NAMES }));
      assert.equal(report.action, 'renewed');
      assert.deepEqual(machine.orders[1]?.names, NAMES);
    });

    it('is not taken for that of another manager or another set', async () => {
      await check();
      const other = new ManagedMachine(`${state}-other`);
      other.shelf.held.push(...machine.shelf.held);
      assert.equal((await check(other.manager())).action, 'issued');
      await rm(`${state}-other`, { recursive: true });
      assert.equal((await check(machine.manager({ id: 'mail' }))).action, 'issued');
    });

    it('is got again if Windows names no key for it any more', async () => {
      await check();
      const [held] = machine.shelf.held;
      if (held !== undefined) machine.shelf.held[0] = { ...held, hasKey: false };
      assert.equal((await check()).action, 'issued');
    });

    it('goes a week after its end, with its key, once it was replaced', async () => {
      await check();
      await machine.pass(61);
      await check();
      await machine.pass(35.9);
      machine.suggestion = [1000, 1001];
      await check();
      assert.deepEqual(machine.shelf.discarded, []);
      const [former] = machine.shelf.held;
      await machine.pass(0.2);
      // Only a server can say that the clock is right.
      await check(machine.manager(), true);
      assert.deepEqual(machine.shelf.discarded, [former?.reference]);
    });

    it('stays, with a warning, if something else has its key', async () => {
      await check();
      await machine.pass(98);
      machine.shelf.keptFor = 'its key is that of another';
      await check();
      assert.ok(machine.events.some((event) => event.endsWith('is kept: its key is that of another')));
    });

    it('that Windows cannot archive stays, and the new one counts', async () => {
      machine.shelf.canArchive = false;
      await check();
      await machine.pass(61);
      assert.equal((await check()).action, 'renewed');
      assert.equal((await check()).action, 'none');
      const present = machine.shelf.held[1];
      assert.equal((await check()).certificate?.reference, present?.reference);
      // Once is enough.
      assert.equal(machine.shelf.retired, 1);
    });

    it('is finished if the process ended after it was placed: the former one, and the programs', async () => {
      const after = { program: 'one', args: ['{OldCertThumbprint}'] };
      await check(machine.manager({ after }));
      await machine.pass(61);
      const [former] = machine.shelf.held;
      // The order has placed it. Its journal is still there, and nothing else was done.
      const key = await machine.keys.make({ name: 'x' });
      const contents = await machine.issue(['www.bar.test']);
      assert.ok(former !== undefined);
      const { marker } = former;
      await machine.shelf.place([contents], key, { store: 'CurrentUser\\MY', marker, friendlyName: '' });
      await writeFile(await fileOf('web.order.json'), journalOf({ finalized: true }));
      machine.resumed = contents;
      machine.ran.length = 0;
      const report = await check(machine.manager({ after }));
      assert.equal(report.action, 'renewed');
      assert.equal(report.certificate?.thumbprint, contents.thumbprint);
      assert.deepEqual(machine.ran, [['one', former.contents.thumbprint]]);
      assert.equal(machine.shelf.successors.get(former.contents.thumbprint), contents.thumbprint);
    });

    it('keeps its key if the process ended after it was placed, and its order is given up later', async () => {
      for (const name of ['placed', 'not placed']) await machine.keys.make({ name });
      machine.shelf.used.add('placed');
      machine.beforeOrder = async ({ keys }) => {
        for (const name of ['placed', 'not placed']) await keys.remove({ name });
      };
      assert.equal((await check()).action, 'issued');
      assert.equal(machine.keys.kept.has('placed'), true);
      assert.equal(machine.keys.kept.has('not placed'), false);
    });

    for (const canArchive of [true, false]) {
      it(`counts although its authority backdates it by an hour more${canArchive ? '' : ', and nothing can be archived'}`, async () => {
        machine.shelf.canArchive = canArchive;
        await check();
        await machine.pass(0.01);
        const hourAgo = new Date(machine.clock.now() - 3_600_000);
        machine.resumed = await machine.issue(['www.bar.test'], { notBefore: hourAgo });
        const report = await check(machine.manager(), true);
        assert.equal(report.certificate?.thumbprint, machine.resumed.thumbprint);
        assert.equal((await check()).certificate?.thumbprint, machine.resumed.thumbprint);
        assert.deepEqual(
          machine.shelf.held.map(({ archived }) => archived),
          [canArchive, false],
        );
      });
    }

    it('that was replaced is archived later, if the process ended before', async () => {
      await check();
      await machine.pass(1);
      const [former] = machine.shelf.held;
      const key = await machine.keys.make({ name: 'x' });
      const contents = await machine.issue(['www.bar.test']);
      await machine.shelf.place([contents], key, {
        store: 'CurrentUser\\MY',
        marker: former?.marker ?? assert.fail(),
        friendlyName: '',
      });
      assert.equal((await check()).action, 'none');
      assert.equal(machine.shelf.held[0]?.archived, true);
    });

    it('is reported with what a person should know of it', async () => {
      machine.findings = ['The root is not trusted. Trust it.'];
      await check();
      assert.ok(machine.events.includes('warning The root is not trusted. Trust it.'));
    });
  });

  describe('the server suggests', () => {
    it('when to renew, and is asked again only when it says so', async () => {
      machine.suggestion = [20, 30];
      machine.random = 0.5;
      const report = await check();
      assert.equal(report.renewal?.reason, 'suggested');
      assert.equal(report.renewal.at.getTime(), Date.UTC(2030, 0, 1, 10, 30) + 25 * 86_400_000);
      assert.equal(report.explanation, 'https://acme.test/why');
      const { asked } = machine;
      await check();
      assert.equal(machine.asked, asked);
      await machine.pass(0.26);
      await check();
      assert.equal(machine.asked, asked + 1);
      await machine.pass(24.8);
      assert.equal((await check()).action, 'renewed');
    });

    it('to renew at once, by a window in the past', async () => {
      machine.suggestion = [60, 61];
      await check();
      const [held] = machine.shelf.held;
      machine.suggestion = [-2, -1];
      if (held !== undefined) machine.suggest(held.contents);
      await machine.pass(0.3);
      machine.suggestion = [60, 61];
      assert.equal((await check()).action, 'renewed');
      assert.ok(machine.events.some((event) => event.includes('https://acme.test/why')));
    });

    it('to renew at once, each time: no order follows another without a rest', async () => {
      machine.suggestion = [-2, -1];
      const manager = machine.manager();
      assert.equal((await check(manager)).action, 'issued');
      assert.equal((await check(manager)).action, 'none');
      await machine.clock.advance(5 * 3_600_000);
      assert.equal((await check(manager)).action, 'none');
      assert.equal(machine.orders.length, 1);
      await machine.clock.advance(3_600_000);
      assert.equal((await check(manager)).action, 'renewed');
      assert.equal((await check(manager, true)).action, 'renewed');
    });

    it('nothing, or is broken: then the lifetime decides', async () => {
      const report = await check();
      assert.equal(report.renewal?.reason, 'lifetime');
      assert.ok(machine.events.every((event) => !event.startsWith('failed')));
      const { asked } = machine;
      await check();
      assert.equal(machine.asked, asked);
    });
  });

  describe('a failure', () => {
    it('is reported, and tried again after 1, 10 and 100 minutes, then daily, over restarts', async () => {
      machine.beforeOrder = () => {
        throw refused();
      };
      const waits: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const report = await check();
        assert.equal(report.action, 'failed');
        assert.equal(report.failures, round + 1);
        assert.equal(report.lastFailure?.code, 'ERR_SCHANNEL_ACME_DNS');
        const early = await check();
        assert.equal(early.action, 'waiting');
        const wait = (early.nextTry?.getTime() ?? 0) - machine.clock.now();
        waits.push(wait / 60_000);
        await machine.clock.advance(wait);
      }
      assert.deepEqual(waits, [1, 10, 100, 1440, 1440]);
      assert.equal(machine.orders.length, 5);
      machine.beforeOrder = () => undefined;
      const report = await check();
      assert.deepEqual(
        [report.action, report.failures, report.nextTry, report.lastFailure],
        ['issued', 0, null, null],
      );
    });

    it('is warned of when it happens for the second time, and when a sixth is left', async () => {
      await check();
      machine.beforeOrder = () => {
        throw refused();
      };
      await machine.pass(61);
      await check();
      assert.deepEqual(machine.events, ['issued web', 'failed web']);
      await machine.pass(1);
      await check();
      assert.match(
        machine.events[2] ?? '',
        /^warning The certificate of www\.bar\.test has failed twice: no record/,
      );
      await machine.pass(14);
      await check();
      assert.match(
        machine.events.at(-2) ?? '',
        /^warning The certificate of www\.bar\.test expires on 2030-04-01/,
      );
    });

    it('leaves a server alone that accepts no more, even by force', async () => {
      const retryAfter = new Date(machine.clock.now() + 2 * 86_400_000);
      machine.beforeOrder = () => {
        throw refused('ERR_SCHANNEL_ACME_RATE_LIMITED', { retryAfter });
      };
      assert.deepEqual((await check()).nextTry, retryAfter);
      machine.beforeOrder = () => undefined;
      await machine.pass(1);
      assert.equal((await check(machine.manager(), true)).action, 'waiting');
      assert.equal(machine.orders.length, 1);
      await machine.pass(1.1);
      assert.equal((await check()).action, 'issued');
    });

    it('is tried again at once if a person has corrected the reason', async () => {
      machine.beforeOrder = () => {
        throw refused();
      };
      await check();
      machine.beforeOrder = () => undefined;
      assert.equal((await check()).action, 'waiting');
      const retry = async () => (await machine.manager().check({ retry: true })).sets[0]?.action;
      assert.equal(await retry(), 'issued');
      // What is not due is not renewed.
      assert.equal(await retry(), 'none');
    });

    it('that is a limit of the server is still waited for', async () => {
      const retryAfter = new Date(machine.clock.now() + 2 * 86_400_000);
      machine.beforeOrder = () => {
        throw refused('ERR_SCHANNEL_ACME_RATE_LIMITED', { retryAfter });
      };
      await check();
      const { sets } = await machine.manager().check({ retry: true });
      assert.equal(sets[0]?.action, 'waiting');
    });

    it('of the store is found before anything is ordered', async () => {
      machine.shelf.refusal = new SchannelError('ERR_SCHANNEL_STORE_ACCESS_DENIED', 'no');
      const report = await check();
      assert.equal(report.lastFailure?.code, 'ERR_SCHANNEL_STORE_ACCESS_DENIED');
      assert.deepEqual(machine.server.asked, []);
      assert.deepEqual(machine.orders, []);
    });

    it('of one set is none of another', async () => {
      machine.beforeOrder = ({ names }) => {
        if (names.includes('bad.test')) throw refused();
      };
      const manager = machine.manager(
        {},
        {
          certificates: [
            { id: 'bad', names: ['bad.test'], challenge: machine.solver },
            { id: 'good', names: ['good.test'], challenge: machine.solver },
          ],
        },
      );
      const { sets } = await manager.check();
      assert.deepEqual(
        sets.map(({ action }) => action),
        ['failed', 'issued'],
      );
    });

    it('at a time that was wrong is tried again as soon as the clock is right', async () => {
      machine.beforeOrder = () => {
        throw refused('ERR_SCHANNEL_ACME_RATE_LIMITED', { retryAfter: new Date(machine.clock.now() + 1000) });
      };
      await machine.pass(365);
      assert.equal((await check()).action, 'failed');
      await machine.pass(-365);
      machine.beforeOrder = () => undefined;
      assert.equal((await check()).action, 'issued');
    });

    it('waits no longer than a week, whatever the server says', async () => {
      const retryAfter = new Date(machine.clock.now() + 4000 * 86_400_000);
      machine.beforeOrder = () => {
        throw refused('ERR_SCHANNEL_ACME_RATE_LIMITED', { retryAfter });
      };
      await check();
      machine.beforeOrder = () => undefined;
      await machine.pass(6.9);
      assert.equal((await check()).action, 'waiting');
      await machine.pass(0.2);
      assert.equal((await check()).action, 'issued');
    });

    it('lets leftovers be removed although nothing is due', async () => {
      await check();
      machine.beforeOrder = async ({ journal }) => {
        await writeFile(journal, journalOf({}));
        throw refused();
      };
      await check(machine.manager(), true);
      assert.equal(machine.leftovers, 0);
      assert.equal((await check()).action, 'none');
      assert.equal(machine.leftovers, 1);
    });

    it('that has damaged the journal ends in a warning', async () => {
      machine.beforeOrder = async ({ journal }) => {
        await writeFile(journal, '{');
        throw refused();
      };
      await check();
      await check();
      assert.ok(
        machine.events.some((event) => event.startsWith('warning The journal of an order was damaged')),
      );
    });

    it('lets leftovers be removed while it waits', async () => {
      machine.beforeOrder = async ({ journal }) => {
        await writeFile(journal, journalOf({}));
        throw refused();
      };
      assert.equal((await check()).unfinished, true);
      assert.equal(machine.leftovers, 0);
      await check();
      assert.equal(machine.leftovers, 1);
    });
  });

  describe('names that fail', () => {
    const failing = (): void => {
      machine.beforeOrder = ({ names, log }) => {
        if (!names.includes('bar.test')) return;
        log?.({
          time: new Date(),
          step: 'warning',
          text: 'bar.test was not confirmed',
          order: null,
          name: 'bar.test',
          problem: { type: 'dns', detail: 'none', status: 400, subproblems: [] },
        });
        throw refused();
      };
    };

    it('are left out after three days, and the others get their certificate', async () => {
      failing();
      const dropping = { names: NAMES, dropFailing: true };
      for (let day = 0; day < 3; day += 1) {
        assert.equal((await check(machine.manager(dropping))).action, 'failed');
        await machine.pass(1.11);
      }
      const report = await check(machine.manager(dropping));
      assert.equal(report.action, 'issued');
      assert.deepEqual(report.dropped, ['bar.test']);
      assert.deepEqual(machine.orders.at(-1)?.names, ['www.bar.test']);
      assert.equal((await check(machine.manager(dropping))).action, 'none');
      // The next renewal begins with all names again.
      await machine.pass(61);
      machine.beforeOrder = () => undefined;
      const renewed = await check(machine.manager(dropping));
      assert.deepEqual([renewed.action, renewed.dropped], ['renewed', []]);
      assert.deepEqual(machine.orders.at(-1)?.names, NAMES);
    });

    it('are still failing after an attempt that did not get as far', async () => {
      failing();
      const dropping = { names: NAMES, dropFailing: true };
      await check(machine.manager(dropping));
      const { beforeOrder } = machine;
      await machine.pass(1.6);
      machine.beforeOrder = () => {
        throw refused('ERR_SCHANNEL_ACME_SERVER');
      };
      await check(machine.manager(dropping));
      machine.beforeOrder = beforeOrder;
      await machine.pass(1.6);
      const report = await check(machine.manager(dropping));
      assert.deepEqual([report.action, report.dropped], ['issued', ['bar.test']]);
    });

    it('stop everything without that option', async () => {
      failing();
      for (let day = 0; day < 6; day += 1) {
        assert.equal((await check(machine.manager({ names: NAMES }))).action, 'failed');
        await machine.pass(1.11);
      }
    });
  });

  describe('another server', () => {
    const OTHER = 'https://acme.test/directory2';
    const withOther = { fallback: { directory: OTHER } };
    beforeEach(() => {
      machine.server.on('/directory2', { status: 200, body: Buffer.from(JSON.stringify(DIRECTORY_2)) });
    });
    const DIRECTORY_2 = {
      newNonce: 'https://acme.test/nonce',
      newAccount: 'https://acme.test/account',
      newOrder: 'https://acme.test/order2',
      revokeCert: 'https://acme.test/revoke',
      keyChange: 'https://acme.test/key',
    };
    const onlyOther = (): void => {
      machine.beforeOrder = ({ client }) => {
        if (client.directory.newOrder === 'https://acme.test/order') throw refused();
      };
    };

    it('is asked in the last third of what was left', async () => {
      await check(machine.manager({}, withOther));
      onlyOther();
      await machine.pass(61);
      assert.equal((await check(machine.manager({}, withOther))).action, 'failed');
      await machine.pass(18);
      assert.equal((await check(machine.manager({}, withOther))).action, 'failed');
      await machine.pass(1);
      // In turn: this time it is the first one's.
      assert.equal((await check(machine.manager({}, withOther))).action, 'failed');
      await machine.pass(1.2);
      const report = await check(machine.manager({}, withOther));
      assert.equal(report.action, 'renewed');
      assert.equal(report.certificate?.directory, OTHER);
      assert.equal(machine.orders.at(-1)?.replaces, undefined);
      assert.equal((await readdir(state)).length, 2);
    });

    it('is asked while the first one accepts no more', async () => {
      const retryAfter = new Date(machine.clock.now() + 9 * 86_400_000);
      machine.beforeOrder = ({ client }) => {
        if (client.directory.newOrder === 'https://acme.test/order')
          throw refused('ERR_SCHANNEL_ACME_RATE_LIMITED', { retryAfter });
      };
      assert.equal((await check(machine.manager({}, withOther))).action, 'failed');
      await machine.clock.advance(60_000);
      assert.equal((await check(machine.manager({}, withOther))).action, 'issued');
    });
  });

  describe('the clock', () => {
    for (const [title, skew, warned] of [
      ['four minutes is not', 240_000, false],
      ['six minutes is', 360_000, true],
      ['a day is', -86_400_000, true],
    ] as const) {
      it(`off by ${title} warned of`, async () => {
        machine.skew = skew;
        const { sets, clockSkew } = await machine.manager().check();
        assert.equal(sets[0]?.action, 'issued');
        assert.ok(Math.abs((clockSkew ?? 0) * 1000 - skew) <= 1000);
        assert.equal(
          machine.events.some((event) =>
            /clock of this machine is \d+ minutes (?:behind|ahead of)/.test(event),
          ),
          warned,
        );
      });
    }

    it('that is wrong renews and deletes nothing, unless it is forced', async () => {
      await check();
      await machine.pass(98);
      machine.skew = -90 * 86_400_000;
      const report = await check();
      assert.equal(report.lastFailure?.code, 'ERR_SCHANNEL_ACME_CLOCK');
      assert.equal(machine.orders.length, 1);
      assert.equal((await check(machine.manager(), true)).action, 'renewed');
      assert.deepEqual(machine.shelf.discarded, []);
    });
  });

  describe('programs', () => {
    const after = [{ program: 'one', args: ['{CertThumbprint}', '{OldCertThumbprint}'] }, { program: 'two' }];

    it('run after each new certificate, in order, with both thumbprints', async () => {
      await check(machine.manager({ after }));
      await machine.pass(61);
      await check(machine.manager({ after }));
      const [first, second] = machine.shelf.held.map(({ contents }) => contents.thumbprint);
      assert.deepEqual(machine.ran, [['one', first, ''], ['two'], ['one', second, first], ['two']]);
    });

    it('that fail are run again by themselves, and change nothing about the certificate', async () => {
      machine.onRun = () => {
        if (machine.ran.at(-1)?.[0] === 'two') throw new Error('exit code 1');
      };
      const report = await check(machine.manager({ after }));
      assert.deepEqual([report.action, report.error], ['issued', null]);
      assert.match(report.hookFailure ?? '', /two failed: exit code 1/);
      await check(machine.manager({ after }));
      assert.equal(machine.ran.length, 2);
      await machine.clock.advance(60_000);
      machine.onRun = () => undefined;
      assert.equal((await check(machine.manager({ after }))).hookFailure, null);
      assert.deepEqual(
        machine.ran.map(([program]) => program),
        ['one', 'two', 'two'],
      );
      assert.equal(machine.orders.length, 1);
    });
  });

  describe('bindings of http.sys', () => {
    let http: ScriptedHttp;
    const store = 'LocalMachine\\MY';

    beforeEach(() => {
      http = new ScriptedHttp();
    });

    const system = (): BindingSystem => ({
      addon: http.addon,
      now: http.now,
      listenersOn: http.listenersOn,
      examine: (thumbprint) => {
        http.certify(thumbprint, { isFor: () => true });
        return http.examine(thumbprint, 'MY');
      },
    });
    const managed = (more: Partial<CertificateSet> = {}): AcmeManager =>
      machine.manager(
        { store, bindings: 'not-iis', ...more },
        { moveBindings: (from, to, options) => moveBindings(from, to, options, system()) },
      );
    const shown = (): readonly string[] => http.records.map(({ hash }) => toHex(hash));
    const bind = (key: string, { contents }: ShelvedCertificate, appId?: string): void => {
      const hash = Buffer.from(contents.thumbprint, 'hex');
      http.add(key, { hash, ...(appId !== undefined && { appId: guidBytes(appId) ?? hash }) });
    };
    /** The first certificate, with two bindings, and the next one due. */
    const bound = async (): Promise<ShelvedCertificate> => {
      await check(managed());
      const [first] = machine.shelf.held;
      assert.ok(first !== undefined);
      bind('*:443', first);
      bind('www.bar.test:443', first);
      await machine.pass(61);
      return first;
    };

    it('show the new certificate before programs run, and others keep theirs', async () => {
      await bound();
      http.add('*:8443');
      machine.onRun = () => void http.done.push('program');
      await check(managed({ after: { program: 'one' } }));
      const second = machine.shelf.held[1]?.contents.thumbprint;
      assert.deepEqual(shown(), [second, second, OLD]);
      assert.deepEqual(http.done, ['update ', 'update www.bar.test', 'program']);
      assert.ok(machine.log.some(({ text }) => text.endsWith(': 0.0.0.0:443, www.bar.test:443')));
      // Once is enough.
      await check(managed());
      assert.equal(http.done.length, 3);
    });

    it('stay as they were if one can not be changed, and are changed later', async () => {
      const first = await bound();
      http.refusals.set('updateSslRecord', [0, 87]);
      const report = await check(managed({ after: { program: 'one' } }));
      const { thumbprint } = first.contents;
      assert.deepEqual([report.action, report.error], ['renewed', null]);
      assert.match(report.hookFailure ?? '', /^The binding www\.bar\.test:443 could not be changed/);
      assert.deepEqual(shown(), [thumbprint, thumbprint]);
      assert.deepEqual(machine.ran, []);
      await machine.clock.advance(60_000);
      assert.equal((await check(managed({ after: { program: 'one' } }))).hookFailure, null);
      const second = machine.shelf.held[1]?.contents.thumbprint;
      assert.deepEqual([shown(), machine.ran], [[second, second], [['one']]]);
      assert.equal(machine.orders.length, 2);
    });

    it('are finished by the next process if one ends in the middle', async () => {
      const first = await bound();
      let reach: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const ended = machine.manager(
        { store, bindings: 'not-iis' },
        {
          moveBindings: async (_from, to) => {
            await setBinding({ key: '*:443', certificate: to }, {}, system());
            reach();
            return new Promise<never>(() => undefined);
          },
        },
      );
      void ended.check();
      await reached;
      const second = machine.shelf.held[1]?.contents.thumbprint;
      assert.deepEqual(shown(), [second, first.contents.thumbprint]);
      // A process that has ended holds no lock.
      const next = new ManagedMachine(state);
      next.shelf.held.push(...machine.shelf.held);
      await next.pass(61);
      machine = next;
      await check(managed());
      assert.deepEqual(shown(), [second, second]);
      assert.equal(next.orders.length, 0);
    });

    it('show the newest, also if an attempt for the one before it has never succeeded', async () => {
      await bound();
      http.refusals.set('updateSslRecord', [5]);
      await check(managed());
      await machine.pass(61);
      http.refusals.set('updateSslRecord', []);
      await check(managed());
      const third = machine.shelf.held.at(-1)?.contents.thumbprint;
      assert.deepEqual(shown(), [third, third]);
    });

    it('of IIS stay, and a person is told, unless all are to change', async () => {
      const first = await bound();
      bind('*:444', first, IIS);
      await check(managed());
      const [, second] = machine.shelf.held.map(({ contents }) => contents.thumbprint);
      assert.deepEqual(shown(), [second, second, first.contents.thumbprint]);
      assert.ok(machine.events.some((text) => /bindings of IIS .*: 0\.0\.0\.0:444\./.test(text)));
      await machine.pass(61);
      await check(managed({ bindings: 'all' }));
      const third = machine.shelf.held.at(-1)?.contents.thumbprint;
      assert.deepEqual(shown(), [third, third, third]);
    });

    it('are changed once, however often a program fails afterwards', async () => {
      await bound();
      let moves = 0;
      const program = { store, bindings: 'all', after: { program: 'one' } } as const;
      const counted = (): AcmeManager =>
        machine.manager(program, {
          moveBindings: (from, to, options) => {
            moves += 1;
            return moveBindings(from, to, options, system());
          },
        });
      machine.onRun = () => {
        throw new Error('exit code 1');
      };
      await check(counted());
      await machine.clock.advance(60_000);
      assert.match((await check(counted())).hookFailure ?? '', /one failed/);
      assert.deepEqual([moves, machine.ran.length], [1, 2]);
    });

    it('are not changed for a test server, for the first certificate, or without being asked', async () => {
      await bound();
      await check(machine.manager({ store }));
      assert.deepEqual(http.done, []);
      await check(machine.manager({ store }, { staging: true }));
      assert.deepEqual(http.done, []);
    });

    it('need the store of a machine, and somebody who changes them', () => {
      const wrong = { code: /^ERR_INVALID_ARG_/ };
      assert.throws(() => managed({ store: 'CurrentUser\\MY' }), wrong);
      assert.throws(() => managed({ bindings: 'iis' as 'all' }), wrong);
      assert.throws(() => machine.manager({ store, bindings: 'all' }), wrong);
      const notAFunction = 5 as unknown as NonNullable<ManagerOptions['moveBindings']>;
      assert.throws(() => machine.manager({ store }, { moveBindings: notAFunction }), wrong);
    });
  });

  describe('the state', () => {
    it('that is damaged is kept for a person, and its certificate is found in the store', async () => {
      await check();
      const file = await fileOf('web.json');
      await writeFile(file, 'x');
      const report = await check();
      assert.equal(report.action, 'none');
      assert.ok(report.certificate !== null);
      assert.equal(await readFile(`${file}.damaged`, 'utf8'), 'x');
      assert.ok(machine.events.some((event) => event.startsWith('warning The state of the set was damaged')));
    });

    it('that is lost is built again, account and all', async () => {
      await check();
      await rm(state, { recursive: true });
      assert.equal((await check()).action, 'none');
      assert.equal((await check(machine.manager(), true)).action, 'renewed');
      // One key for the account, and one for each certificate.
      assert.equal(machine.keys.kept.size, 3);
    });

    it('of a later version stops the set, untouched', async () => {
      await check();
      const file = await fileOf('web.json');
      await writeFile(file, '{"version":99}');
      const report = await check(machine.manager(), true);
      assert.deepEqual(
        [report.action, Reflect.get(report.error ?? {}, 'code')],
        ['failed', 'ERR_SCHANNEL_ACME_STATE'],
      );
      assert.equal(await readFile(file, 'utf8'), '{"version":99}');
      assert.equal(machine.orders.length, 1);
    });

    it('names an account whose key is gone, and makes no other one by itself', async () => {
      await check();
      machine.keys.kept.clear();
      const report = await check(machine.manager(), true);
      assert.equal(report.lastFailure?.code, 'ERR_SCHANNEL_ACME_ACCOUNT');
      assert.equal(machine.orders.length, 1);
    });

    it('of a damaged account is built from its key', async () => {
      await check();
      const file = await fileOf('account.json');
      await writeFile(file, '[');
      assert.equal((await check(machine.manager(), true)).action, 'renewed');
      assert.match(await readFile(file, 'utf8'), /"url": "https:\/\/acme\.test\/account\/1"/);
    });

    it('that others can write to is not used', async function () {
      if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
      await chmod(state, 0o777);
      const report = await check();
      assert.equal(Reflect.get(report.error ?? {}, 'code'), 'ERR_SCHANNEL_ACME_STATE');
      assert.deepEqual([machine.orders, machine.server.asked], [[], []]);
      await chmod(state, 0o700);
    });

    it('is shown without asking anybody', async () => {
      await check();
      const { length } = machine.server.asked;
      const [status] = await machine.manager().status();
      assert.equal(status?.due, false);
      assert.equal(status.certificate?.reference, machine.shelf.held[0]?.reference);
      await machine.pass(61);
      assert.equal((await machine.manager().status())[0]?.due, true);
      assert.equal(machine.server.asked.length, length);
      assert.deepEqual(machine.events, ['issued web']);
    });
  });

  describe('tests', () => {
    it('go into a separate store, and run no programs', async () => {
      const manager = machine.manager(
        { store: 'LocalMachine\\MY', after: { program: 'one' } },
        { staging: true },
      );
      const report = await check(manager);
      assert.match(report.certificate?.reference ?? '', /^LocalMachine\\schannel-staging\\/);
      assert.deepEqual(machine.ran, []);
      assert.equal(manager.certificateFor('www.bar.test').store, 'LocalMachine\\MY');
    });
  });

  describe('start', () => {
    /** Until the manager sleeps. */
    async function asleep(): Promise<void> {
      while (machine.clock.timers === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    it('gets a certificate, and renews it when it is time', async () => {
      const manager = machine.manager();
      machine.suggestion = [2, 2.1];
      manager.start();
      manager.start();
      await once(manager, 'issued');
      let renewed = 0;
      manager.on('renewed', () => (renewed += 1));
      for (let hour = 0; hour < 50 && renewed === 0; hour += 1) {
        await asleep();
        await machine.clock.advance(3_600_000);
      }
      await asleep();
      assert.equal(renewed, 1);
      assert.ok(machine.clock.now() < Date.UTC(2030, 0, 3, 12, 30));
      assert.ok(machine.clock.waits.every((wait) => wait <= 3_600_000));
      await manager.stop();
      assert.equal(machine.clock.timers, 0);
    });

    it('tries again a minute after a failure', async () => {
      machine.beforeOrder = () => {
        throw refused();
      };
      const manager = machine.manager();
      manager.start();
      await once(manager, 'failed');
      await asleep();
      assert.deepEqual(machine.clock.waits, [60_000]);
      machine.beforeOrder = () => undefined;
      const issued = once(manager, 'issued');
      await machine.clock.advance(60_000);
      await issued;
      await manager.stop();
    });

    it('ends with "await using", and in the middle of an order', async () => {
      const begun = new Promise<AbortSignal | undefined>((resolve) => {
        machine.beforeOrder = ({ signal }) => {
          resolve(signal);
          return new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          });
        };
      });
      {
        await using manager = machine.manager();
        manager.start();
        assert.equal((await begun)?.aborted, false);
      }
      assert.equal((await begun)?.aborted, true);
      assert.deepEqual(machine.events, []);
      assert.equal(machine.clock.timers, 0);
      machine.beforeOrder = () => undefined;
      const report = await check();
      assert.deepEqual([report.action, report.failures], ['issued', 0]);
    });
  });

  it('is not stopped by a listener that throws', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      const manager = machine.manager();
      manager.on('issued', () => {
        throw new Error('of the listener');
      });
      assert.equal((await check(manager)).action, 'issued');
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const each of listeners) process.on('uncaughtException', each);
    }
    assert.deepEqual(
      thrown.map((error) => (error as Error).message),
      ['of the listener'],
    );
  });

  it('refuses a name for a server that it has no certificate for', () => {
    const manager = machine.manager({ names: ['*.bar.test', 'bar.test'] });
    for (const name of ['a.bar.test', 'BAR.test.', '*.bar.test']) manager.certificateFor(name);
    for (const name of ['a.b.bar.test', 'foo.test', '10.0.0.1']) {
      assert.throws(() => manager.certificateFor(name), { code: 'ERR_INVALID_ARG_VALUE' });
    }
  });
});
