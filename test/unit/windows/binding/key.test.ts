import assert from 'node:assert/strict';
import {
  bindingKeyOf,
  formatBindingKey,
  isSameBinding,
  nativeKeyOf,
  parseBindingKey,
} from '#lib/windows/binding/key.js';

describe('windows/binding/key', () => {
  it('parses every kind, and writes it again', () => {
    const rows: readonly (readonly [string, string, string | null, string | null, string])[] = [
      ['0.0.0.0:443', 'address', '0.0.0.0', null, '0.0.0.0:443'],
      ['*:8443', 'address', '0.0.0.0', null, '0.0.0.0:8443'],
      ['[::]:443', 'address', '::', null, '[::]:443'],
      ['[FE80:0::1%3]:443', 'address', 'fe80::1%3', null, '[fe80::1%3]:443'],
      ['Bar.Example:443', 'host', null, 'bar.example', 'bar.example:443'],
      ['*.bar.example:443', 'host', null, '*.bar.example', '*.bar.example:443'],
      ['bücher.example:443', 'host', null, 'xn--bcher-kva.example', 'xn--bcher-kva.example:443'],
      ['3com.example:443', 'host', null, '3com.example', '3com.example:443'],
      ['ccs:443', 'central', null, null, 'ccs:443'],
      ['CCS:bar.example:443', 'central-host', null, 'bar.example', 'ccs:bar.example:443'],
    ];
    for (const [text, kind, address, host, written] of rows) {
      const key = parseBindingKey(text);
      assert.deepEqual([key.kind, key.address, key.host], [kind, address, host], text);
      assert.equal(formatBindingKey(key), written);
      assert.deepEqual(bindingKeyOf(nativeKeyOf(key)), key, text);
    }
  });

  it('refuses what names no binding', () => {
    for (const text of [
      ...['', '443', 'bar.example', 'bar.example:0', 'bar.example:65536', ':443', '::1:443', '[::1:443'],
      ...['[1.2.3.4]:443', '[fe80::1%eth0]:443', 'a b:443', 'ccs:1.2.3.4:443', 'a.*.b:443', 'x\u001b[2J:443'],
      ...['1.2.3:443', '1.2.3.400:443', '*.5:443', '5:443', `${'a'.repeat(254)}:443`],
    ]) {
      assert.throws(() => parseBindingKey(text), { code: 'ERR_SCHANNEL_BINDING_KEY' }, text);
    }
    for (const value of [443, null, undefined, {}, Symbol('*:443'), ['*:443']]) {
      assert.throws(() => parseBindingKey(value as string), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });

  it('takes a name in any case and form for the same', () => {
    const isSame = (one: string, host: string): boolean => {
      const key = parseBindingKey(one);
      return isSameBinding(key, { ...key, host });
    };
    assert.equal(isSame('bücher.example:443', 'Bücher.Example'), true);
    assert.equal(isSame('bücher.example:443', 'XN--BCHER-KVA.example'), true);
    assert.equal(isSame('bücher.example:443', 'buecher.example'), false);
    assert.equal(isSameBinding(parseBindingKey('*:443'), parseBindingKey('[::]:443')), false);
    assert.equal(isSameBinding(parseBindingKey('*:443'), parseBindingKey('ccs:443')), false);
    assert.equal(isSameBinding(parseBindingKey('ccs:443'), parseBindingKey('ccs:444')), false);
  });

  it('gives Windows socket addresses', () => {
    const bytes = (text: string): string =>
      Buffer.from(nativeKeyOf(parseBindingKey(text)).address).toString('hex');
    assert.equal(bytes('192.0.2.1:443'), '020001bbc00002010000000000000000');
    assert.equal(bytes('[2001:db8::1%5]:443'), '170001bb0000000020010db800000000000000000000000105000000');
    assert.equal(bytes('bar.example:443'), '020001bb000000000000000000000000');
  });
});
