import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AcmeClient } from '#lib/apps/acme/protocol/client.js';
import type { CertificateKey } from '#lib/apps/acme/order/keys.js';
import type { OrderLogEntry } from '#lib/apps/acme/order/log.js';
import type { IssuedCertificate, OrderRequest } from '#lib/apps/acme/order/options.js';
import { undoLeftovers } from '#lib/apps/acme/order/leftovers.js';
import { type PlacedCertificate, runOrder } from '#lib/apps/acme/order/run-order.js';
import { daysFromNow, TestAuthority } from '../../../../support/certificates.js';
import { MemoryKeys, MemorySolver } from '../../../../support/order-parts.js';
import { type Played, PlayedAcme, type PlayedOrder } from '../../../../support/played-acme.js';
import { accountKey, json, problem } from '../../../../support/scripted-acme.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

const NAMES = ['www.bar.example', '*.bar.example'];
const reset = (): Error => Object.assign(new Error('reset'), { code: 'ECONNRESET' });

describe('apps/acme/order/run-order', () => {
  let folder: string;
  let journal: string;
  let server: PlayedAcme;
  let client: AcmeClient;
  let clock: HastyClock;
  let keys: MemoryKeys;
  let solver: MemorySolver;
  let placed: IssuedCertificate<CertificateKey>[];
  let log: OrderLogEntry[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-order-'));
    journal = path.join(folder, 'order.json');
    server = await PlayedAcme.create();
    clock = new HastyClock(Date.now());
    client = await clientOf();
    [keys, solver, placed, log] = [new MemoryKeys(), new MemorySolver(), [], []];
    server.asked.splice(0);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function clientOf(): Promise<AcmeClient> {
    const { directory, transport } = server;
    const other = await AcmeClient.open({ directory, transport, accountKey: accountKey(), clock });
    await other.register({ termsOfServiceAgreed: true });
    return other;
  }

  const run = (more: Partial<OrderRequest<CertificateKey>> = {}): Promise<PlacedCertificate> =>
    runOrder({
      client,
      journal,
      names: NAMES,
      solvers: [solver],
      keys,
      clock,
      log: (entry) => log.push(entry),
      place: (issued) => {
        placed.push(issued);
        return Promise.resolve();
      },
      ...more,
    });

  /** Runs until a request of this kind, which the "process" does not survive: nothing is sent after it. */
  async function diesAt(kind: string, when: 'instead' | 'afterwards' = 'instead'): Promise<void> {
    let isDead = false;
    server.instead = (asked) => {
      isDead ||= when === 'instead' && asked.kind === kind;
      return isDead ? new Error('the process is gone') : null;
    };
    server.afterwards = (asked) => {
      isDead ||= asked.kind === kind;
      return isDead ? new Error('the process is gone') : null;
    };
    solver.failing.undo = () => {
      if (isDead) throw new Error('the process is gone');
    };
    await assert.rejects(run());
    server.instead = () => null;
    server.afterwards = () => null;
    solver.failing = {};
    server.asked.splice(0);
    log.splice(0);
  }

  const steps = (): string[] => log.map(({ step }) => step);
  const files = (): Promise<string[]> => readdir(folder);
  const answering = (kind: string, ...answers: readonly ReturnType<PlayedAcme['instead']>[]) => {
    const left = [...answers];
    return (asked: Played) => (asked.kind === kind ? (left.shift() ?? null) : null);
  };

  /** Nothing is left of an order: no proof, no key besides that of the certificate, no file. */
  async function isTidy(ownKeys: number): Promise<void> {
    assert.deepEqual([...solver.shown], []);
    assert.equal(keys.kept.size, ownKeys);
    assert.equal(keys.opened, 0);
    assert.deepEqual(await files(), []);
  }

  it('gets a certificate, and leaves nothing but it and its key', async () => {
    const result = await run();
    assert.deepEqual(result.names, [
      { type: 'dns', value: 'www.bar.example' },
      { type: 'dns', value: '*.bar.example' },
    ]);
    const [issued] = placed;
    assert.equal(placed.length, 1);
    assert.equal(issued?.chain.length, 2);
    assert.deepEqual(issued.chain[0]?.dnsNames, NAMES);
    assert.ok(issued.chain[0].x509.publicKey.equals(issued.key.publicKey));
    assert.deepEqual(solver.calls, [
      ...NAMES.flatMap((name) => [`plan ${name}`, `show ${name}`]),
      `settle ${NAMES.join()}`,
      ...NAMES.map((name) => `undo ${name}`),
    ]);
    await isTidy(1);
  });

  it('writes one entry into the log for each step, with the order and the name', async () => {
    await run();
    const each = ['planned', 'shown', 'planned', 'shown', 'accepted', 'accepted', 'confirmed', 'confirmed'];
    assert.deepEqual(steps(), [
      'ordered',
      ...each,
      'undone',
      'undone',
      'key',
      'finalized',
      'downloaded',
      'placed',
    ]);
    assert.ok(log.every(({ order }) => order === `https://acme.test/order/1`));
    assert.deepEqual([...new Set(log.map(({ name }) => name))], [null, ...NAMES]);
  });

  for (const names of [[], ['a_b.example.com'], ['a.*.example.com'], [`${'a.'.repeat(130)}example.com`]]) {
    it(`sends nothing for a list with a bad name: ${JSON.stringify(names).slice(0, 40)}`, async () => {
      await assert.rejects(run({ names }), { code: /^ERR_INVALID_ARG_/ });
      assert.deepEqual(server.asked, []);
      assert.deepEqual(await files(), []);
    });
  }

  it('sends nothing for a name that no solver can serve', async () => {
    solver.refusal = (name) => (name.startsWith('*') ? 'a wildcard needs a DNS record' : null);
    await assert.rejects(run(), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /\*\.bar\.example.*needs a DNS record/,
    });
    assert.deepEqual(server.asked, []);
  });

  it('takes for each name the first solver that can serve it and that the server offers', async () => {
    const dns = new MemorySolver('by DNS', ['dns-account-01', 'dns-01']);
    const unknown = new MemorySolver('of another kind', ['carrier-pigeon-01']);
    solver.refusal = (name) => (name.startsWith('*') ? 'a wildcard needs a DNS record' : null);
    await run({ solvers: [unknown, solver, dns] });
    assert.deepEqual(unknown.calls, []);
    assert.ok(solver.calls.includes('show www.bar.example'));
    assert.deepEqual(
      dns.calls,
      ['plan', 'show', 'settle', 'undo'].map((call) => `${call} *.bar.example`),
    );
  });

  it('says what the server offers if nothing of it can be answered', async () => {
    server.types = ['dns-02'];
    await assert.rejects(run(), {
      code: 'ERR_SCHANNEL_ACME_CHALLENGE',
      message: /offers dns-02 .* answer http-01/,
    });
  });

  it('skips names that the server has confirmed before', async () => {
    await diesAt('finalize');
    const [order] = server.orders;
    assert.ok(order);
    order.status = 'pending';
    const [first, second] = order.authorizations;
    assert.ok(first && second);
    second.status = 'pending';
    solver.calls.splice(0);
    await run();
    assert.deepEqual(
      solver.calls,
      ['plan', 'show', 'settle', 'undo'].map((call) => `${call} *.bar.example`),
    );
    assert.equal(server.orders.length, 1);
  });

  it('fails for the whole order if one name is not confirmed, names it, and begins again later', async () => {
    server.look = ({ name }) => !name.startsWith('*');
    await assert.rejects(run(), {
      code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED',
      message: /^\*\.bar\.example was not confirmed.*not shown/,
    });
    await isTidy(0);
    const problems = log.filter(({ problem: said }) => said !== null);
    assert.equal(problems[0]?.name, '*.bar.example');
    assert.equal(server.count('finalize'), 0);
    server.look = () => true;
    await run();
    assert.equal(server.orders.length, 2);
    await isTidy(1);
  });

  it('answers the challenge that the server is looking at already, and does not ask for it again', async () => {
    server.types = ['http-01', 'dns-01'];
    const dns = new MemorySolver('by DNS', ['dns-01']);
    let looks = 0;
    server.afterwards = ({ kind }) => {
      if (kind !== 'authorization') return null;
      const [authorization] = server.orders[0]?.authorizations ?? [];
      assert.ok(authorization);
      looks += 1;
      if (looks === 2) {
        authorization.status = 'valid';
        Object.assign(server.orders[0] ?? {}, { status: 'ready' });
        return null;
      }
      const challenge = (type: string, status: string): object => ({
        type,
        status,
        token: 'abc',
        url: `https://acme.test/challenge/${type}`,
      });
      return json({
        status: looks > 2 ? 'valid' : 'pending',
        identifier: authorization.identifier,
        challenges: [challenge('http-01', 'pending'), challenge('dns-01', 'processing')],
      });
    };
    await run({ names: ['www.bar.example'], solvers: [solver, dns] });
    assert.deepEqual(solver.calls, []);
    assert.ok(dns.calls.includes('show www.bar.example'));
    assert.equal(server.count('challenge'), 0);
  });

  /** Has each authorization say something else about the name that it is for. */
  const withIdentifier = (change: object): void => {
    server.afterwards = ({ kind }) => {
      if (kind !== 'authorization') return null;
      const [authorization] = server.orders[0]?.authorizations ?? [];
      const { identifier, status, tokens = {} } = authorization ?? {};
      const [type, token] = Object.entries(tokens)[0] ?? [];
      const url = `https://acme.test/challenge/${type ?? ''}/authorization/order/1/0`;
      return json({ status, identifier, challenges: [{ type, token, status, url }], ...change });
    };
  };

  for (const [what, change] of [
    ['another name', { identifier: { type: 'dns', value: 'mail.bar.example' } }],
    ['the name above it', { identifier: { type: 'dns', value: 'bar.example' } }],
    ['a wildcard', { wildcard: true }],
  ] as const) {
    it(`shows nothing for ${what} that a server asks about although it was not ordered`, async () => {
      withIdentifier(change);
      await assert.rejects(run({ names: ['www.bar.example'] }), {
        code: 'ERR_SCHANNEL_ACME_ANSWER',
        message: /which was not ordered/,
      });
      assert.deepEqual(solver.calls, []);
    });
  }

  it('knows a wildcard although the server does not call it one', async () => {
    withIdentifier({});
    await run({ names: ['*.bar.example'] });
    assert.ok(solver.calls.includes('show *.bar.example'));
  });

  it('keeps the order and the key if a limit is reached at the end', async () => {
    server.instead = answering('finalize', problem('rateLimited', 429, { 'retry-after': '60' }));
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_RATE_LIMITED' });
    assert.equal(server.count('finalize'), 1);
    // The order was not asked for.
    assert.equal(server.asked.at(-1)?.kind, 'finalize');
    assert.equal(keys.kept.size, 1);
    await run();
    assert.equal(server.orders.length, 1);
    await isTidy(1);
  });

  it('reports why the attempt has failed, although the disk is full by then', async () => {
    server.look = () => false;
    server.afterwards = ({ kind }) => {
      // A folder in its place: nothing can be written there any more.
      if (kind === 'challenge') {
        rmSync(journal);
        mkdirSync(path.join(journal, 'x'), { recursive: true });
      }
      return null;
    };
    await assert.rejects(run({ names: ['www.bar.example'] }), { code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED' });
    assert.deepEqual([...solver.shown], []);
  });

  it('names every name that was not confirmed', async () => {
    server.look = () => false;
    await assert.rejects(run(), { message: /^www\.bar\.example was not .*; \*\.bar\.example was not / });
  });

  it('removes what it has shown if it is told to end, and goes on with the same order later', async () => {
    const abort = new AbortController();
    server.afterwards = (asked) => {
      if (asked.kind === 'challenge') abort.abort();
      return null;
    };
    await assert.rejects(run({ signal: abort.signal }), { name: 'AbortError' });
    assert.deepEqual([...solver.shown], []);
    assert.deepEqual(await files(), ['order.json']);
    server.afterwards = () => null;
    await run();
    assert.equal(server.orders.length, 1);
    await isTidy(1);
  });

  it('sends nothing if it was told to end before', async () => {
    await assert.rejects(run({ signal: AbortSignal.abort('no longer wanted') }), {
      name: 'AbortError',
      code: 'ABORT_ERR',
      cause: 'no longer wanted',
    });
    assert.deepEqual(server.asked, []);
  });

  for (const [header, until] of [
    ['3600', 3_600_000],
    ['date', 7_200_000],
  ] as const) {
    it(`sends no more once a limit is reached, and says until when (Retry-After: ${header})`, async () => {
      const now = Math.floor(clock.now() / 1000) * 1000;
      const value = header === 'date' ? new Date(now + until).toUTCString() : header;
      server.instead = answering('new-order', problem('rateLimited', 429, { 'retry-after': value }));
      await assert.rejects(
        run({ replaces: await replaced() }),
        (error: { code?: string; retryAfter?: Date }) => {
          assert.equal(error.code, 'ERR_SCHANNEL_ACME_RATE_LIMITED');
          assert.equal(Math.floor((error.retryAfter?.getTime() ?? 0) / 1000), (now + until) / 1000);
          return true;
        },
      );
      assert.equal(server.count('new-order'), 1);
    });
  }

  it('orders only once if the server fails', async () => {
    server.instead = answering('new-order', { status: 503, headers: { 'retry-after': '60' } });
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_SERVER' });
    assert.equal(server.count('new-order'), 1);
    await run();
    assert.equal(server.orders.length, 1);
  });

  const replaced = async (): Promise<Uint8Array> =>
    (await (await TestAuthority.create('CN=old root')).issue()).der;

  for (const type of ['alreadyReplaced', 'malformed']) {
    it(`orders once more without "replaces" if the server refuses it: ${type}`, async () => {
      server.instead = answering('new-order', problem(type, 409));
      await run({ replaces: await replaced() });
      const orders = server.asked.filter(({ kind }) => kind === 'new-order');
      assert.deepEqual(
        orders.map(({ payload }) => payload?.['replaces'] !== undefined),
        [true, false],
      );
    });
  }

  it('does not order a third time', async () => {
    server.instead = answering('new-order', problem('malformed'), problem('malformed'));
    await assert.rejects(run({ replaces: await replaced() }), { code: 'ERR_SCHANNEL_ACME_REFUSED' });
    assert.equal(server.count('new-order'), 2);
  });

  it('asks what happened to a request that was cut off, and sends no second one', async () => {
    server.afterwards = answering('finalize', reset());
    await run();
    assert.equal(server.orders[0]?.finalized, 1);
    assert.equal(server.count('finalize'), 1);
    await isTidy(1);
  });

  it('sends a request again that has not arrived', async () => {
    server.instead = answering('finalize', reset());
    await run();
    assert.equal(server.count('finalize'), 2);
    assert.equal(server.orders[0]?.finalized, 1);
  });

  it('gives up after three requests that have not arrived, and goes on later with the same key', async () => {
    server.instead = answering('finalize', reset(), reset(), reset());
    await assert.rejects(run(), { code: 'ECONNRESET' });
    assert.equal(server.count('finalize'), 3);
    const [name] = keys.kept.keys();
    await run();
    assert.deepEqual([...keys.kept.keys()], [name]);
    assert.equal(server.orders.length, 1);
  });

  it('sends the request once to a server that fails', async () => {
    server.instead = answering('finalize', { status: 503 });
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_SERVER' });
    assert.equal(server.count('finalize'), 1);
  });

  it('waits while the server is at work, but not forever', async () => {
    server.processing = 5;
    await run();
    server.processing = Infinity;
    await assert.rejects(run({ patience: 2 }), {
      code: 'ERR_SCHANNEL_ACME_ORDER',
      message: /not decided in time/,
    });
    // The key is kept: the certificate may still come.
    assert.equal(keys.kept.size, 2);
    const [, order] = server.orders;
    assert.ok(order);
    order.processing = 0;
    await run();
    assert.equal(server.orders.length, 2);
    await isTidy(2);
  });

  it('has one end for all its waits', async () => {
    const begin = clock.now();
    let accepted = false;
    server.instead = ({ kind }) => {
      accepted ||= kind === 'challenge';
      if (kind !== 'authorization' || !accepted || clock.now() > begin + 90_000) return null;
      const identifier = { type: 'dns', value: 'www.bar.example' };
      return json({ status: 'pending', identifier, challenges: [] }, { headers: { 'retry-after': '50' } });
    };
    server.processing = Infinity;
    await assert.rejects(run({ patience: 2 }), { code: 'ERR_SCHANNEL_ACME_ORDER' });
    assert.equal(clock.now() - begin, 120_000);
  });

  it('does not send the request again to a server that has accepted it and has yet to begin', async () => {
    server.afterwards = (asked) => {
      if (asked.kind !== 'finalize') return null;
      const identifiers = NAMES.map((value) => ({ type: 'dns', value }));
      return json({ status: 'ready', identifiers, finalize: 'https://acme.test/finalize/order/1' });
    };
    await run();
    assert.equal(server.count('finalize'), 1);
  });

  it('gives up an order that is invalid after the request, with its key', async () => {
    server.afterwards = (asked) => {
      const order = server.orders.at(-1);
      if (asked.kind === 'finalize' && order?.path === '/order/1') {
        order.status = 'invalid';
        order.error = { type: 'urn:ietf:params:acme:error:caa', detail: 'the record forbids it' };
      }
      return null;
    };
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_CAA' });
    await isTidy(0);
    await run();
    await isTidy(1);
  });

  it('gives up an order whose request was refused, with its key', async () => {
    server.instead = answering('finalize', problem('badCSR'));
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_REQUEST' });
    await isTidy(0);
  });

  describe('does not place a certificate', () => {
    const chains: readonly (readonly [string, (certificates: readonly string[]) => string])[] = [
      ['without its chain in order', ([leaf = '', issuer = '']) => issuer + leaf],
      ['that is none', () => 'nothing'],
    ];
    for (const [what, chain] of chains) {
      it(what, async () => {
        server.chain = chain;
        await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_CERTIFICATE' });
        assert.deepEqual(placed, []);
      });
    }

    const wrong: readonly (readonly [string, PlayedAcme['certificate']])[] = [
      ['without one of the names', { altNames: ['DNS:www.bar.example'] }],
      ['that is not valid yet', { notBefore: daysFromNow(1), notAfter: daysFromNow(9) }],
      ['that has expired', { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }],
      ['of an authority', { authority: {} }],
    ];
    for (const [what, certificate] of wrong) {
      it(what, async () => {
        server.certificate = certificate;
        await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_CERTIFICATE' });
        assert.deepEqual(placed, []);
      });
    }

    it('for another key; asks once more for it, then for a new one', async () => {
      const other = await keys.make({ name: 'of somebody else' });
      await other.close();
      server.certificate = { publicKey: other.publicKey };
      await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_CERTIFICATE', message: /another key/ });
      // Kept: the certificate of this order can't be had with any other key.
      assert.equal(keys.kept.size, 2);
      await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_CERTIFICATE' });
      assert.equal(server.orders.length, 1);
      await isTidy(1);
      server.certificate = {};
      await run();
      assert.equal(server.orders.length, 2);
      await isTidy(2);
    });
  });

  describe('goes on after its process has ended', () => {
    for (const kind of ['order', 'authorization', 'challenge', 'finalize', 'certificate']) {
      for (const when of ['instead', 'afterwards'] as const) {
        it(`${when === 'instead' ? 'before' : 'after'} "${kind}" was asked`, async () => {
          await diesAt(kind, when);
          await run();
          assert.equal(server.orders.length, 1);
          assert.equal(server.orders[0]?.finalized, 1);
          assert.equal(placed.length, 1);
          assert.ok(steps().includes('resumed'));
          await isTidy(1);
        });
      }
    }

    it('and orders again if nothing was ordered', async () => {
      await diesAt('new-order');
      await run();
      assert.equal(server.orders.length, 1);
      await isTidy(1);
    });

    it('and finds the order whose address it could not write down', async () => {
      server.orders.push(await orderOfOthers());
      await diesAt('new-order', 'afterwards');
      await run();
      assert.equal(server.orders.length, 2);
      await isTidy(1);
    });

    it('and passes over orders that are listed and not known any more', async () => {
      server.orders.push(await orderOfOthers());
      await diesAt('new-order', 'afterwards');
      server.instead = answering('order', problem('malformed', 404));
      await run();
      assert.equal(server.orders.length, 2);
      await isTidy(1);
    });

    it('and orders again if the server has no list of orders', async () => {
      server.hasList = false;
      await diesAt('new-order', 'afterwards');
      await run();
      assert.equal(server.orders.length, 2);
      await isTidy(1);
    });

    /** One for other names, by the same account. */
    async function orderOfOthers(): Promise<PlayedOrder> {
      await client.newOrder({ identifiers: [{ type: 'dns', value: 'other.bar.example' }] });
      const [order] = server.orders.splice(0);
      assert.ok(order);
      return { ...order, path: '/order/9' };
    }

    it('and places the same certificate again if that failed', async () => {
      await assert.rejects(
        run({ place: () => Promise.reject(new Error('the store is read-only')) }),
        /read-only/,
      );
      await run();
      assert.equal(server.orders.length, 1);
      await isTidy(1);
    });

    for (const [what, answer] of [
      ['unknown', problem('malformed', 404)],
      ["another account's", problem('unauthorized', 403)],
    ] as const) {
      it(`with a new order if the old one is ${what} by now`, async () => {
        await diesAt('certificate');
        server.instead = answering('order', answer);
        await run();
        assert.equal(server.orders.length, 2);
        await isTidy(1);
      });
    }

    it('with a new order if the old one became invalid, and deletes its key', async () => {
      await diesAt('certificate');
      const [order] = server.orders;
      assert.ok(order);
      order.status = 'invalid';
      await run();
      assert.ok(steps().includes('dropped'));
      await isTidy(1);
    });

    it('with a new order if the key is gone', async () => {
      await diesAt('certificate');
      keys.kept.clear();
      await run();
      assert.equal(server.orders.length, 2);
      await isTidy(1);
    });

    it('with a new order for other names or another account', async () => {
      await diesAt('finalize');
      await run({ names: ['www.bar.example'] });
      assert.equal(server.orders.length, 2);
      await isTidy(1);
      await diesAt('finalize');
      await run({ client: await clientOf() });
      assert.equal(server.orders.length, 4);
      await isTidy(2);
    });

    it('and keeps the order if the server fails when asked for it', async () => {
      await diesAt('finalize');
      server.instead = ({ kind }) => (kind === 'order' ? { status: 503 } : null);
      await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_SERVER' });
      server.instead = () => null;
      await run();
      assert.equal(server.orders.length, 1);
    });
  });

  describe('keeps in mind what it could not remove', () => {
    it('and tries again at the next order', async () => {
      solver.failing.undo = () => {
        throw new Error('the provider is away');
      };
      await run();
      assert.equal(solver.shown.size, 2);
      assert.deepEqual(await files(), ['order.json']);
      assert.equal(log.filter(({ step }) => step === 'warning').length, 2);
      solver.failing = {};
      assert.deepEqual(await undoLeftovers({ journal, solvers: [solver], keys }), []);
      await isTidy(1);
    });

    it('also a key', async () => {
      server.instead = answering('finalize', problem('badCSR'));
      keys.isStuck = true;
      await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_REQUEST' });
      assert.match((await undoLeftovers({ journal, solvers: [solver], keys }))[0] ?? '', /^the key /);
      keys.isStuck = false;
      await run();
      await isTidy(1);
    });

    it('and says whose solver is not there any more', async () => {
      solver.failing.undo = () => {
        throw new Error('the provider is away');
      };
      await run();
      assert.deepEqual(await undoLeftovers({ journal, solvers: [], keys }), [
        'the proof of www.bar.example (memory)',
        'the proof of *.bar.example (memory)',
      ]);
      solver.failing = {};
      await undoLeftovers({ journal, solvers: [solver], keys });
      await isTidy(1);
    });

    it('and removes what a failed attempt to show has left', async () => {
      solver.failing.show = () => {
        solver.shown.add('half');
        throw new Error('the connection broke');
      };
      await assert.rejects(run(), /the connection broke/);
      assert.deepEqual(solver.calls.slice(-1), ['undo www.bar.example']);
    });
  });

  it('lets only one order use a journal', async () => {
    const first = run();
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_STATE' });
    await first;
    assert.equal(server.orders.length, 1);
  });

  it('orders nothing if the journal cannot be written', async () => {
    await mkdir(journal);
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_STATE' });
    await rm(journal, { recursive: true });
    await assert.rejects(run({ journal: path.join(folder, 'missing', 'order.json') }), {
      code: 'ERR_SCHANNEL_ACME_STATE',
    });
    assert.equal(server.count('new-order'), 0);
  });

  it('puts a damaged journal aside, and leaves one of a newer version alone', async () => {
    await writeFile(journal, '{"version":2}');
    await assert.rejects(run(), { code: 'ERR_SCHANNEL_ACME_STATE', message: /newer version/ });
    assert.equal(await readFile(journal, 'utf8'), '{"version":2}');
    await writeFile(journal, '{"version":1,"order":');
    await run();
    assert.deepEqual(await files(), ['order.json.damaged']);
    assert.equal(log[0]?.step, 'warning');
  });

  it('uses a profile for addresses if there is one, and a preferred one if the server has it', async () => {
    server.profiles = { shortlived: 'six days', classic: '' };
    client = await clientOf();
    const profileOf = (): unknown => server.orders.at(-1)?.payload['profile'];
    await run({ names: ['192.0.2.1'], privateNames: true });
    assert.equal(profileOf(), 'shortlived');
    await run({ preferProfile: 'classic' });
    assert.equal(profileOf(), 'classic');
    await run({ preferProfile: 'other' });
    assert.equal(profileOf(), undefined);
    await assert.rejects(run({ profile: 'other' }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /shortlived, classic/,
    });
  });
});
