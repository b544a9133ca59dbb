import { type TestCertificate } from './certificates.js';
import { derOf } from './key-material.js';
import { type BagRecipe, buildPfx, element, oid, type PfxRecipe } from './pfx-builder.js';

/** Damaged and hostile files by title. Each must be refused when it is opened with the password 'secret'. */
export function hostileFiles(leaf: TestCertificate): ReadonlyMap<string, Uint8Array> {
  const certificate: BagRecipe = { certificate: leaf.der };
  const key: BagRecipe = { key: derOf(leaf.key), encryption: '3des' };
  const build = (recipe: Partial<PfxRecipe> = {}): Buffer =>
    buildPfx({
      parts: [{ encryption: '3des', bags: [certificate] }, { bags: [key] }],
      password: 'secret',
      iterations: 10,
      ...recipe,
    });
  const good = build();
  const pfx = (...rest: readonly Uint8Array[]): Buffer => element(0x30, Buffer.of(2, 1, 3), ...rest);
  const data = (content: Uint8Array): Buffer =>
    element(0x30, oid('1.2.840.113549.1.7.1'), element(0xa0, element(4, content)));
  const nested = (levels: number): BagRecipe => (levels === 0 ? certificate : { bags: [nested(levels - 1)] });

  return new Map<string, Uint8Array>([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.of(0x30)],
    ['zeros', Buffer.alloc(4096)],
    ['text', Buffer.from('This is no PFX.\n')],
    ['PEM', Buffer.from(leaf.cert)],
    ['a certificate', leaf.der],
    ['a private key', derOf(leaf.key)],
    ...[1, 5, 20, 40, 60, 80, 99].map((share): [string, Uint8Array] => [
      `cut to ${share} %`,
      good.subarray(0, Math.ceil((good.length * share) / 100)),
    ]),
    ['cut by one byte', good.subarray(0, -1)],
    ...[0, 3, 8, 21, 34, 55, 89, 144, 233, 377, 610, 987].map((at): [string, Uint8Array] => [
      `byte ${at} changed`,
      changed(good, at),
    ]),
    ['its last byte changed', changed(good, good.length - 1)],
    ['another password', build({ password: 'another' })],
    ['another password for the MAC', build({ macPassword: 'another' })],
    ...[600_001, 2 ** 31 - 1, 2 ** 48].flatMap((claimedIterations): [string, Uint8Array][] => [
      [`${claimedIterations} iterations of the MAC`, build({ claimedIterations })],
      [`${claimedIterations} iterations of 3DES`, build({ claimedIterations, mac: null })],
      [
        `${claimedIterations} iterations of PBKDF2`,
        build({ claimedIterations, mac: null, parts: [{ encryption: 'aes256', bags: [certificate] }] }),
      ],
    ]),
    ['no iteration at all', build({ claimedIterations: 0 })],
    ['RC4', build({ algorithm: '1.2.840.113549.1.12.1.1' })],
    ['an algorithm that nobody knows', build({ algorithm: '1.2.3.4.5' })],
    [
      'a length of 4 GiB',
      Buffer.concat([Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 3), data(Buffer.of())]),
    ],
    [
      'a length of 127 bytes',
      Buffer.concat([Buffer.of(0x30, 0xff), Buffer.alloc(127, 0xff), Buffer.of(2, 1, 3, 0x30, 0)]),
    ],
    ['more bytes than allowed', Buffer.alloc((4 << 20) + 1, 0x30)],
    [
      'ten thousand levels',
      Buffer.concat([Buffer.of(0x30, 0x80, 2, 1, 3), Buffer.alloc(20_000, Buffer.of(0x30, 0x80))]),
    ],
    ['a hundred bags within bags', build({ parts: [{ bags: [nested(100)] }] })],
    ['1,001 certificates', build({ parts: [{ bags: Array.from({ length: 1001 }, () => certificate) }] })],
    [
      'two hundred keys that cost all the work allowed',
      build({ parts: [{ bags: Array.from({ length: 200 }, () => key) }], iterations: 2000 }),
    ],
    ['a number for the content', pfx(element(0x30, Buffer.of(2, 1, 1)))],
    ['text for the bags', pfx(data(element(0x30, data(Buffer.from('bags')))))],
    ['no bags', pfx(data(element(0x30)))],
    ['a certificate that is none', build({ parts: [{ bags: [{ certificate: Buffer.from('none') }] }] })],
    ['a key that is none', build({ parts: [{ bags: [certificate, { key: Buffer.of(0x30, 3, 2, 1, 0) }] }] })],
    ['a key without certificate', build({ parts: [{ bags: [key] }] })],
  ]);
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x41;
  return copy;
}
