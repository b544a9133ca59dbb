import assert from 'node:assert/strict';
import { orderedNames, type NameRules } from '#lib/apps/acme/order/names.js';

const PUBLIC = { newOrder: 'https://acme.authority.com/order', profiles: {} };
const solver = { name: 'any', refuses: () => null };
const ordered = (names: readonly unknown[], more: Partial<NameRules> = {}): string[] =>
  orderedNames({ names: names as string[], solvers: [solver], directory: PUBLIC, ...more }).names.map(
    ({ type, value }) => `${type} ${value}`,
  );

describe('apps/acme/order/names', () => {
  it('writes names in A-labels and lower case, without a final dot, each once', () => {
    assert.deepEqual(
      ordered(['WWW.Example.COM', 'www.example.com.', 'bücher.example.com', '*.Example.com']),
      ['dns www.example.com', 'dns xn--bcher-kva.example.com', 'dns *.example.com'],
    );
  });

  it('writes addresses in their shortest form', () => {
    assert.deepEqual(ordered(['8.8.8.8', '2606:4700:0:0::1111', '[2606:4700::1111]']), [
      'ip 8.8.8.8',
      'ip 2606:4700::1111',
    ]);
  });

  for (const name of [
    'a_b.example.com',
    'a.*.example.com',
    '*',
    '*.*.example.com',
    'w*.example.com',
    '-a.example.com',
    'a..example.com',
    'https://example.com',
    'example.com/path',
    'example.com:443',
    'a b.example.com',
    '*.192.0.2.1',
    '192.0.2.256',
    'fe80::1%eth0',
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(122)}example.com`,
    '',
  ]) {
    it(`refuses ${JSON.stringify(name).slice(0, 30)}, and says which name it was`, () => {
      assert.throws(
        () => ordered(['good.example.com', name]),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
          assert.ok(error.message.includes(name.slice(0, 60)), error.message);
          return true;
        },
      );
    });
  }

  for (const names of ['www.example.com', [], [1], [null]] as unknown[]) {
    it(`refuses what is no list of names: ${JSON.stringify(names)}`, () => {
      assert.throws(() => ordered(names as string[]), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  }

  for (const name of [
    'printer.local',
    'intranet',
    'nas.lan',
    '*.corp',
    'a.home.arpa',
    '192.168.1.1',
    '::1',
  ]) {
    it(`asks a public authority for no certificate for ${name}, but another one`, () => {
      assert.throws(() => ordered([name]), { code: 'ERR_INVALID_ARG_VALUE', message: /schannel ca/ });
      assert.equal(ordered([name], { privateNames: true }).length, 1);
      for (const host of ['ca.corp', 'localhost', '127.0.0.1', '[fd00::1]']) {
        const directory = { newOrder: `https://${host}:9000/order`, profiles: {} };
        assert.equal(ordered([name], { directory }).length, 1);
      }
    });
  }

  it('says why each solver refuses', () => {
    const solvers = ['one', 'two'].map((name) => ({ name, refuses: () => `${name} can't` }));
    assert.throws(() => ordered(['www.example.com'], { solvers }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: "No challenge can be answered for 'www.example.com': one: one can't; two: two can't",
    });
    assert.throws(() => ordered(['www.example.com'], { solvers: [] }), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('orders no more names than the profile has', () => {
    const many = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `h${index}.example.com`);
    const directory = { ...PUBLIC, profiles: { tlsserver: '' } };
    assert.equal(ordered(many(100)).length, 100);
    assert.throws(() => ordered(many(101)), { code: 'ERR_INVALID_ARG_VALUE', message: /at most 100/ });
    assert.throws(() => ordered(many(26), { directory, profile: 'tlsserver' }), { message: /at most 25/ });
  });
});
