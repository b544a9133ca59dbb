import assert from 'node:assert/strict';
import { CIPHER_SUITES, suiteName, type SuiteFlag } from '#lib/formats/tls-wire/suites.js';
import { Openssl, needsOpenssl } from '../../../support/openssl.js';

const suite = (id: number) => CIPHER_SUITES.get(id) ?? assert.fail(`no suite ${id}`);

const flagged = (flag: SuiteFlag): string[] =>
  [...CIPHER_SUITES.values()].filter(({ flags }) => flags.includes(flag)).map(({ name }) => name);

describe('formats/tls-wire/suites', () => {
  it('has the numbers, names and strengths that OpenSSL has', function () {
    needsOpenssl(this);
    const printed = new Openssl().runIn('/', 'ciphers', '-V', '-stdname', 'ALL:COMPLEMENTOFALL');
    const rows = [...printed.matchAll(/0x(..),0x(..) - (\S+) +- (\S+) +\S+.* Enc=(\S+)/g)];
    assert.ok(rows.length > 100, printed);
    for (const [, high = '', low = '', name, openssl, cipher = ''] of rows) {
      const known = suite(parseInt(high + low, 16));
      const bits = Number(/\((\d+)\)/.exec(cipher)?.[1] ?? 0);
      assert.deepEqual([known.name, known.openssl, known.bits], [name, openssl, bits]);
    }
  });

  it('has every suite once', () => {
    const names = [...CIPHER_SUITES.values()].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.length, 369);
  });

  it('reads what a suite consists of from its name', () => {
    const { keyExchange, authentication, cipher, bits, era } = suite(0xc02f);
    assert.deepEqual(
      { keyExchange, authentication, cipher, bits, era },
      { keyExchange: 'ECDHE', authentication: 'RSA', cipher: 'AES_128_GCM', bits: 128, era: 'before' },
    );
    assert.equal(suite(0x0003).keyExchange, 'RSA_EXPORT');
    assert.equal(suite(0x0003).bits, 40);
    assert.equal(suite(0x000a).bits, 112);
    assert.equal(suite(0x0018).authentication, 'none');
    assert.equal(suite(0x1301).era, 'TLSv1.3');
  });

  it('says how good a suite is', () => {
    assert.deepEqual(suite(0xc02f).flags, ['recommended', 'windows']);
    assert.deepEqual(suite(0x002f).flags, ['legacy', 'windows']);
    assert.deepEqual(suite(0x0005).flags, ['weak', 'windows']);
    assert.deepEqual(suite(0x0001).flags, ['insecure']);
    assert.ok(
      flagged('insecure').every((name) =>
        /NULL|anon|EXPORT|DES_CBC|DES40|RC2|FORTEZZA|SHA256_SHA256|SHA384_SHA384/.test(name),
      ),
    );
    assert.ok(!flagged('recommended').some((name) => name.includes('CBC')));
  });

  it('names a number without a suite by the number', () => {
    assert.equal(suiteName(0x1302), 'TLS_AES_256_GCM_SHA384');
    assert.equal(suiteName(0x1a), 'TLS_DH_anon_WITH_DES_CBC_SHA');
    assert.equal(suiteName(0xabcd), '0xabcd');
  });
});
