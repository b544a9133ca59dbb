import assert from 'node:assert/strict';
import { alternativeNames, hostNames } from '#lib/formats/x509/alternative-names.js';

const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };

describe('formats/x509/alternative-names', () => {
  for (const [given, wanted] of [
    ['Bar.Example', 'bar.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.münchen.example', '*.xn--mnchen-3ya.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['localhost', 'localhost'],
    ['bar.example.', 'bar.example'],
    ['_srv.bar.example', '_srv.bar.example'],
    ['a--b.example', 'a--b.example'],
  ] as const) {
    it(`have ${given} as ${wanted}`, () => {
      assert.deepEqual(alternativeNames({ dns: [given] }).dns, [wanted]);
    });
  }

  for (const name of [
    '',
    '.',
    'bar..example',
    '-bar.example',
    'bar-.example',
    'b*r.example',
    'www.*.example',
    '*',
    'bar example',
    'https://bar.example',
    'bar.example:443',
    '192.0.2.7',
    '0x7f.1',
    '[::1]',
    `${'a'.repeat(64)}.example`,
    Array.from({ length: 130 }, () => 'a').join('.'),
    'bar\0.example',
    'bar.example/path',
    'bar.example\\path',
    'bar.example?query',
    'bar.example#fragment',
    'anna@bar.example',
    'bar.example:',
    'bar.exam\tple',
    'bar.exam\nple',
    ' bar.example',
    'bar.example\u007f',
    'b%61r.example',
    'bar.example\uff0fpath',
  ]) {
    it(`refuse ${JSON.stringify(name.slice(0, 40))} as a host`, () => {
      assert.throws(() => alternativeNames({ dns: [name] }), refused);
    });
  }

  for (const [given, wanted] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['[2001:DB8:0:0::7]', '2001:db8::7'],
    ['::ffff:192.0.2.7', '::ffff:c000:207'],
  ] as const) {
    it(`have ${given} as ${wanted}`, () => {
      assert.deepEqual(alternativeNames({ ip: [given] }).ip, [wanted]);
    });
  }

  for (const address of ['', '192.0.2', '192.0.2.256', '192.0.2.0/24', 'fe80::1%eth0', 'bar.example']) {
    it(`refuse ${JSON.stringify(address)} as an address`, () => {
      assert.throws(() => alternativeNames({ ip: [address] }), refused);
    });
  }

  for (const [property, given, wanted] of [
    ['email', 'anna@Bücher.example', 'anna@xn--bcher-kva.example'],
    ['upn', 'anna@Bar.example', 'anna@Bar.example'],
    ['uri', 'https://Bar.example', 'https://bar.example/'],
    ['uri', 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  ] as const) {
    it(`have ${given} as ${wanted} (${property})`, () => {
      assert.deepEqual(alternativeNames({ [property]: [given] })[property], [wanted]);
    });
  }

  for (const [property, given] of [
    ['email', 'anna'],
    ['email', 'änna@bar.example'],
    ['email', 'anna@*.example'],
    ['email', 'anna@bar.example\r\nRCPT'],
    ['email', 'anna@bar.example/path'],
    ['email', 'anna@bar.example:25'],
    ['upn', 'anna'],
    ['upn', 'anna@bar\0.example'],
    ['uri', 'bar.example'],
    ['uri', ''],
  ] as const) {
    it(`refuse ${JSON.stringify(given)} as ${property}`, () => {
      assert.throws(() => alternativeNames({ [property]: [given] }), refused);
    });
  }

  it('are there once', () => {
    assert.deepEqual(alternativeNames({ dns: ['bar.example', 'BAR.example.'], ip: ['::1', '0::1'] }), {
      dns: ['bar.example'],
      ip: ['::1'],
      email: [],
      upn: [],
      uri: [],
    });
  });

  it('are sorted by hostNames() into host names and addresses', () => {
    const { dns, ip } = hostNames(['::1', 'PC-7', '*.bar.test', '[2001:DB8::7]', '127.0.0.1']);
    assert.deepEqual(dns, ['pc-7', '*.bar.test']);
    assert.deepEqual(ip, ['::1', '2001:db8::7', '127.0.0.1']);
  });

  for (const name of ['', 'https://bar.test', 'bar.test:443', 'a b']) {
    it(`refuse ${JSON.stringify(name)} in hostNames()`, () => {
      assert.throws(() => hostNames([name]), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
