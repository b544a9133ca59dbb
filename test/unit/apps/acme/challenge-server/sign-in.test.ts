import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { X509Certificate } from 'node:crypto';
import type { ChallengeClient } from '#lib/apps/acme/challenge-server/client.js';
import { newChallengeSecret, type NewSecret } from '#lib/apps/acme/challenge-server/secret.js';
import { SignIn } from '#lib/apps/acme/challenge-server/sign-in.js';
import { basic, quickHash } from '../../../../support/challenge-service.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';

/** What a connection shows of its certificate. */
interface Shown {
  readonly authorized: boolean;
  readonly names: readonly string[];
  readonly fingerprint256: string;
}

const SHOWN: Shown = { authorized: true, names: ['a.example'], fingerprint256: 'AB:'.repeat(31) + 'AB' };

function requestOf(name: string, secret: string, shown?: Shown): IncomingMessage {
  const certificate = shown && {
    fingerprint256: shown.fingerprint256,
    checkHost: (host: string) => (shown.names.includes(host) ? host : undefined),
  };
  const socket = {
    authorized: shown?.authorized,
    getPeerX509Certificate: () => certificate as unknown as X509Certificate | undefined,
  };
  return { headers: basic(name, secret), socket } as unknown as IncomingMessage;
}

describe('apps/acme/challenge-server/sign-in', () => {
  let made: NewSecret;
  let clients: Map<string, ChallengeClient>;
  /** How often a secret was hashed. */
  let hashes: number;
  let signIn: SignIn;
  beforeEach(async () => {
    made = await newChallengeSecret(quickHash);
    const secret = made.hash;
    clients = new Map(
      [
        { name: 'hulk', secret },
        { name: 'named', secret, certificate: 'a.example' },
        { name: 'pinned', secret, certificate: 'ab'.repeat(32) },
      ].map((client) => [client.name, client]),
    );
    hashes = 0;
    const source = { find: (name: string) => Promise.resolve(clients.get(name) ?? null) };
    signIn = new SignIn(source, new ScriptedClock(), (...args) => {
      hashes += 1;
      return quickHash(...args);
    });
  });

  const statusOf = (request: IncomingMessage, address = '10.0.0.1'): Promise<unknown> =>
    signIn.clientOf(request, address).then(
      () => 200,
      (error: unknown): unknown => Reflect.get(error as object, 'status'),
    );

  it('hashes a right secret once, and each wrong one', async () => {
    for (let index = 0; index < 3; index += 1)
      assert.equal(await statusOf(requestOf('hulk', made.secret)), 200);
    assert.equal(hashes, 1);
    await statusOf(requestOf('hulk', 'wrong'));
    await statusOf(requestOf('nobody', 'wrong'));
    await statusOf(requestOf('nobody', made.secret));
    assert.equal(hashes, 4);
  });

  it('forgets what it knows of a client whose secret has changed, or who is gone', async () => {
    assert.equal(await statusOf(requestOf('hulk', made.secret)), 200);
    clients.set('hulk', { name: 'hulk', secret: (await newChallengeSecret(quickHash)).hash });
    assert.equal(await statusOf(requestOf('hulk', made.secret)), 401);
    clients.delete('hulk');
    assert.equal(await statusOf(requestOf('hulk', made.secret)), 401);
  });

  it('stops after thirty wrong secrets of one client from anywhere, but not the client that is known', async () => {
    assert.equal(await statusOf(requestOf('hulk', made.secret)), 200);
    for (let index = 0; index < 30; index += 1) {
      for (const name of ['hulk', 'nobody'])
        assert.equal(await statusOf(requestOf(name, 'wrong'), `10.0.${index}.1`), 401);
    }
    const before = hashes;
    for (const name of ['hulk', 'nobody'])
      assert.equal(await statusOf(requestOf(name, 'wrong'), '10.1.0.1'), 429);
    assert.equal(hashes, before);
    assert.equal(await statusOf(requestOf('hulk', made.secret), '10.1.0.1'), 200);
  });

  it('counts those that come at once', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => statusOf(requestOf('hulk', 'wrong'))),
    );
    assert.equal(statuses.filter((status) => status === 401).length, 10);
    assert.equal(hashes, 10);
  });

  it('has a limit for those that wait', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, index) => statusOf(requestOf(`n${index}`, 'wrong'), `10.0.${index}.1`)),
    );
    assert.deepEqual(
      [401, 503].map((status) => statuses.filter((each) => each === status).length),
      [32, 8],
    );
  });

  for (const [what, name, shown, status] of [
    ['the name, verified', 'named', SHOWN, 200],
    ['the name, not verified', 'named', { ...SHOWN, authorized: false }, 401],
    ['another name', 'named', { ...SHOWN, names: ['b.example'] }, 401],
    ['no certificate', 'named', undefined, 401],
    [
      'the certificate that is wanted, by whomever it was issued',
      'pinned',
      { ...SHOWN, authorized: false },
      200,
    ],
    ['another certificate', 'pinned', { ...SHOWN, fingerprint256: 'AC:'.repeat(31) + 'AC' }, 401],
    ['none of those that are wanted', 'pinned', undefined, 401],
  ] as const) {
    it(`answers ${status} to a client that shows ${what}`, async () => {
      assert.equal(await statusOf(requestOf(name, made.secret, shown)), status);
      assert.equal(await statusOf(requestOf(name, 'wrong', shown)), 401);
    });
  }
});
