import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { skip } from '../../../../support/skip.js';
import { ChallengeClientFile } from '#lib/apps/acme/challenge-server/client-file.js';

const SECRET = `scrypt1:${'A'.repeat(22)}:${'B'.repeat(43)}`;

describe('apps/acme/challenge-server/client-file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-clients-'));
    file = path.join(folder, 'below', 'clients.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('begins without a file, and keeps clients where only its owner can read them', async () => {
    const clients = new ChallengeClientFile(file);
    assert.deepEqual([await clients.list(), await clients.find('hulk')], [[], null]);
    await clients.add({ name: 'hulk', secret: SECRET, names: ['bar.example'] });
    assert.equal((await clients.find('hulk'))?.names?.[0], 'bar.example');
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(path.dirname(file)), ['clients.json']);
    assert.equal(await clients.remove('hulk'), true);
    assert.equal(await clients.remove('hulk'), false);
    assert.deepEqual(await clients.list(), []);
  });

  it('sees what another process changes, and loses nothing if many add at once', async () => {
    const [one, other] = [new ChallengeClientFile(file), new ChallengeClientFile(file)];
    await one.list();
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? one : other).add({ name: `c${index}`, secret: SECRET }),
      ),
    );
    for (const each of [one, other]) {
      const names = (await each.list()).map(({ name }) => name).sort();
      assert.deepEqual(names, ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
    }
  });

  it('lets nobody in by a file that others can write', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
    const clients = new ChallengeClientFile(file);
    await clients.add({ name: 'hulk', secret: SECRET });
    chmodSync(path.dirname(file), 0o777);
    for (const each of [
      new ChallengeClientFile(file).find('hulk'),
      clients.add({ name: 'b', secret: SECRET }),
    ])
      await assert.rejects(each, { code: 'ERR_SCHANNEL_ACME_STATE', message: /everyone/ });
  });

  it('refuses a name that is taken, and a client that is none', async () => {
    const clients = new ChallengeClientFile(file);
    await clients.add({ name: 'hulk', secret: SECRET });
    const before = readFileSync(file, 'utf8');
    await assert.rejects(clients.add({ name: 'hulk', secret: SECRET }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(clients.add({ name: 'x', secret: 'plain' }), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  for (const [what, text, message] of [
    ['half a file', '{ "clients": [', /is not JSON/],
    ['another document', '[]', /no list of clients/],
    [
      'a client with an unknown member',
      `{ "clients": [{ "name": "a", "secret": "${SECRET}", "x": 1 }] }`,
      /unknown member: x/,
    ],
    [
      'two clients of one name',
      JSON.stringify({ clients: Array.from({ length: 2 }, () => ({ name: 'a', secret: SECRET })) }),
      /two clients a/,
    ],
  ] as const) {
    it(`lets nobody in by ${what}, and replaces nothing`, async () => {
      const own = path.join(folder, 'clients.json');
      writeFileSync(own, text);
      const clients = new ChallengeClientFile(own);
      await assert.rejects(clients.find('a'), { code: 'ERR_SCHANNEL_ACME_STATE', message });
      await assert.rejects(clients.add({ name: 'b', secret: SECRET }), { code: 'ERR_SCHANNEL_ACME_STATE' });
      assert.equal(readFileSync(own, 'utf8'), text);
    });
  }
});
