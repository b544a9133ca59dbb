import assert from 'node:assert/strict';
import { anchorsFor, parseCaList } from '#lib/windows/trust/ca-list.js';
import { sharedRoot, type TestAuthority } from '../../../support/certificates.js';
import { codeOf, derOf } from '../../../support/key-material.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';

const ROUNDS = 2500;

describe('windows/trust/ca-list: what a file for ca may hold', () => {
  let root: TestAuthority;
  before(async () => {
    root = await sharedRoot();
  });

  const outcome = (ca: string | Uint8Array): string =>
    codeOf(() => anchorsFor(parseCaList(ca), 'server')) ?? 'read';

  it('is read, or refused by code', () => {
    const { der, cert, key } = root.certificate;
    const trusted = Buffer.concat([der, Buffer.from('300c300a06082b06010505070301', 'hex')]).toString(
      'base64',
    );
    const seeds = [
      Buffer.from(der),
      Buffer.from(`${key}${cert}`),
      Buffer.from(`\ufeff${cert}`, 'utf16le'),
      Buffer.from(`-----BEGIN TRUSTED CERTIFICATE-----\n${trusted}\n-----END TRUSTED CERTIFICATE-----\n`),
      derOf(key),
    ];
    const below = numbersFrom(20_250_910);
    const seen = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const code = outcome(mutated(seeds[below(seeds.length)] ?? Buffer.alloc(0), below));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    assert.deepEqual([...seen.keys()].sort(), ['ERR_SCHANNEL_OPTION_CERTIFICATE', 'read']);
    for (const count of seen.values()) assert.ok(count > ROUNDS / 25, JSON.stringify([...seen]));
  });

  it('costs no more than its length where it holds nothing', () => {
    const fourMib = 4 << 20;
    for (const [text, code] of [
      ['-----BEGIN '.repeat(fourMib / 11), 'ERR_SCHANNEL_IMPORT_TOO_LARGE'],
      ['-----BEGIN CERTIFICATE-----\n'.repeat(fourMib / 28), 'ERR_SCHANNEL_IMPORT_TOO_LARGE'],
      [' '.repeat(fourMib), 'ERR_SCHANNEL_OPTION_CERTIFICATE'],
      [`MI${'A'.repeat(fourMib)}`, 'ERR_SCHANNEL_OPTION_CERTIFICATE'],
      ['<'.repeat(fourMib), 'ERR_SCHANNEL_OPTION_CERTIFICATE'],
      [`-----BEGIN ${'-'.repeat(fourMib)}`, 'ERR_SCHANNEL_OPTION_CERTIFICATE'],
    ] as const) {
      assert.equal(outcome(text), code, text.slice(0, 30));
      assert.equal(outcome(Buffer.from(text)), code, text.slice(0, 30));
    }
  });

  it('is refused as DER of any nesting and length', () => {
    for (const bytes of [
      Buffer.alloc(1 << 20, Buffer.from('3080', 'hex')),
      Buffer.concat([Buffer.from('3084003ffff0', 'hex'), Buffer.alloc(0x3ffff0)]),
      Buffer.from('3084ffffffff', 'hex'),
      Buffer.from('30', 'hex'),
    ])
      assert.equal(outcome(bytes), 'ERR_SCHANNEL_OPTION_CERTIFICATE');
  });
});
