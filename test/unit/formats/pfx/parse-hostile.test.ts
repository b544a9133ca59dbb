import assert from 'node:assert/strict';
import crypto, { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { FileBudget } from '#lib/formats/pbe/file-budget.js';
import { DEFAULT_PFX_LIMITS } from '#lib/formats/pfx/limits.js';
import { parsePfx, type Pfx } from '#lib/formats/pfx/parse.js';
import { callsOf } from '../../../support/calls.js';
import { type TestCertificate, sharedRoot } from '../../../support/certificates.js';
import { codeOf, derOf } from '../../../support/key-material.js';
import { type BagRecipe, buildPfx, element, oid, type PfxRecipe } from '../../../support/pfx-builder.js';
import { withinWork } from '../../../support/work.js';

describe('formats/pfx/parse: damaged and hostile files', () => {
  let leaf: TestCertificate;
  let good: Buffer;
  before(async () => {
    leaf = await (await sharedRoot()).issue();
    good = build();
  });
  const certificate = (): BagRecipe => ({ certificate: leaf.der });
  const key = (): BagRecipe => ({ key: derOf(leaf.key), encryption: '3des' });
  const build = (recipe: Partial<PfxRecipe> = {}): Buffer =>
    buildPfx({
      parts: [{ encryption: '3des', bags: [certificate()] }, { bags: [key()] }],
      iterations: 10,
      ...recipe,
    });

  const refused = (title: string, code: string, make: () => Uint8Array): void => {
    it(`${title}: ${code}`, () => {
      const bytes = make();
      const found = withinWork(title, (budget) => codeOf(() => parsePfx(bytes, 'secret', {}, budget)));
      assert.equal(found, `ERR_SCHANNEL_IMPORT_${code}`);
    });
  };
  const contentOf = ({ keys, certificates, identities }: Pfx): unknown => [
    keys.map(({ privateKey }) => privateKey.export({ format: 'der', type: 'pkcs8' })),
    certificates.map(({ der }) => der),
    identities.length,
  ];
  const repeated = (count: number, one: () => BagRecipe): BagRecipe[] => Array.from({ length: count }, one);
  const pfx = (...rest: Uint8Array[]): Buffer => element(0x30, Buffer.of(2, 1, 3), ...rest);
  const data = (content: Uint8Array): Buffer =>
    element(0x30, oid('1.2.840.113549.1.7.1'), element(0xa0, element(4, content)));

  describe('something else', () => {
    refused('nothing', 'UNRECOGNIZED', () => new Uint8Array(0));
    refused('one byte', 'UNRECOGNIZED', () => Buffer.of(0x30));
    refused('zeros', 'UNRECOGNIZED', () => Buffer.alloc(4096));
    refused('text', 'UNRECOGNIZED', () => Buffer.from('This is no PFX.\n'));
    refused('PEM', 'UNRECOGNIZED', () => Buffer.from(leaf.cert));
    refused('a certificate', 'UNRECOGNIZED', () => leaf.der);
    refused('a private key', 'UNRECOGNIZED', () => derOf(leaf.key));
    refused('version 4', 'UNRECOGNIZED', () => element(0x30, Buffer.of(2, 1, 4), data(Buffer.of())));
  });

  describe('cut', () => {
    for (const share of [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99]) {
      refused(`to ${share * 100} %`, 'DAMAGED', () => good.subarray(0, Math.ceil(good.length * share)));
    }
    refused('by one byte', 'DAMAGED', () => good.subarray(0, -1));
    it('at any byte is refused', () => {
      for (let end = 0; end < good.length; end++) {
        assert.match(
          codeOf(() => parsePfx(good.subarray(0, end), 'secret')) ?? 'accepted',
          /^ERR_SCHANNEL_IMPORT_(DAMAGED|UNRECOGNIZED)$/,
          `cut at ${end}`,
        );
      }
    });
  });

  it('with any byte changed is refused, or is as before', () => {
    const fine = parsePfx(good, 'secret');
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      let read = fine;
      const code = codeOf(() => (read = parsePfx(changed, 'secret', { iterations: 1000 })));
      if (code === null) assert.deepEqual(contentOf(read), contentOf(fine), `byte ${at}`);
      else assert.match(code, /^ERR_SCHANNEL_IMPORT_/, `byte ${at}`);
    }
  });

  it('without a MAC, with any byte changed, ends in an error with a code or in a result', () => {
    const bytes = build({ mac: null });
    let refusals = 0;
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      if (codeOf(() => parsePfx(changed, 'secret', { iterations: 1000 })) !== null) refusals += 1;
    }
    assert.ok(refusals > bytes.length / 4);
  });

  describe('work without end', () => {
    const otherBytes = (bytes: Uint8Array, at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32BE(at, copy.length - 4);
      return copy;
    };
    it('copies of a key and of its certificate make one pair', () => {
      const bags = [...repeated(50, () => ({ key: derOf(leaf.key) })), ...repeated(50, certificate)];
      const read = withinWork('50 × 50', (budget) =>
        parsePfx(build({ parts: [{ bags }], mac: null }), undefined, {}, budget),
      );
      assert.deepEqual([read.keys.length, read.certificates.length], [50, 50]);
      assert.deepEqual([read.identities.length, read.keysWithoutCertificate], [1, 0]);
    });
    it('copies of a key and many certificates make no more pairs than certificates', () => {
      const others = Array.from({ length: 50 }, (_, at) => ({ certificate: otherBytes(leaf.der, at) }));
      const bags = [...repeated(50, () => ({ key: derOf(leaf.key) })), ...others];
      const read = withinWork('50 × 50', (budget) =>
        parsePfx(build({ parts: [{ bags }], mac: null }), undefined, {}, budget),
      );
      assert.equal(read.identities.length, 50);
      assert.deepEqual(new Set(read.identities.map(({ key: own }) => own)), new Set([read.keys[0]]));
    });
    it('looks for the chain of one that is asked for, and checks few signatures', async () => {
      const root = await sharedRoot();
      const names = Array.from({ length: 50 }, (_, at) => ({
        certificate: otherBytes(root.certificate.der, at),
      }));
      const leaves = Array.from({ length: 50 }, (_, at) => ({ certificate: otherBytes(leaf.der, at) }));
      const bytes = build({ parts: [{ bags: [{ key: derOf(leaf.key) }, ...names, ...leaves] }], mac: null });
      const checks = callsOf(X509Certificate.prototype, 'verify', () => {
        const { identities } = parsePfx(bytes);
        assert.equal(identities.length, 50);
        identities[0]?.chain();
      });
      assert.ok(checks.length > 0 && checks.length <= 16, `${checks.length} signatures`);
    });
    it('a thousand keys that are not the same cost no more than the file may', () => {
      const keys = Array.from({ length: 30 }, () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return { key: privateKey.export({ format: 'der', type: 'pkcs8' }) };
      });
      const bytes = build({ parts: [{ bags: keys }], mac: null });
      const budget = new FileBudget({ totalIterations: 10_000 });
      const made = callsOf(crypto, 'createPrivateKey', () => {
        assert.equal(
          codeOf(() => parsePfx(bytes, undefined, {}, budget)),
          'ERR_SCHANNEL_IMPORT_ITERATIONS',
        );
      });
      assert.equal(made.length, 0);
    });
    const claiming = (claimedIterations: number, encryption: '3des' | 'aes256', mac: 'sha1' | null): Buffer =>
      build({ claimedIterations, mac, parts: [{ encryption, bags: [certificate()] }] });
    for (const iterations of [600_001, 2 ** 31 - 1, 2 ** 32, 2 ** 48]) {
      refused(`${iterations} iterations of the MAC`, 'ITERATIONS', () =>
        claiming(iterations, '3des', 'sha1'),
      );
      refused(`${iterations} iterations of 3DES`, 'ITERATIONS', () => claiming(iterations, '3des', null));
      refused(`${iterations} iterations of PBKDF2`, 'ITERATIONS', () => claiming(iterations, 'aes256', null));
    }
    refused('no iteration at all', 'DAMAGED', () => claiming(0, 'aes256', null));
    it('is bounded over all keys of a file together, and known before the first is opened', () => {
      const many = build({ parts: [{ bags: repeated(200, key) }], iterations: 10 });
      const budget = new FileBudget({ totalIterations: 5000 });
      assert.equal(
        codeOf(() => parsePfx(many, 'secret', {}, budget)),
        'ERR_SCHANNEL_IMPORT_ITERATIONS',
      );
      assert.equal(budget.work.spent, 0);
      assert.equal(parsePfx(many, 'secret').keys.length, 200);
    });
  });

  describe('lengths that lie', () => {
    refused('4 GiB in a file of 20 bytes', 'DAMAGED', () =>
      Buffer.concat([Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 3), data(Buffer.of())]),
    );
    refused('a length of 127 bytes', 'DAMAGED', () =>
      Buffer.concat([Buffer.of(0x30, 0xff), Buffer.alloc(127, 0xff), Buffer.of(2, 1, 3, 0x30, 0)]),
    );
    refused('an indefinite length without end', 'DAMAGED', () =>
      Buffer.concat([Buffer.of(0x30, 0x80, 2, 1, 3), data(element(0x30)).subarray(0, -1)]),
    );
    refused('a file beyond the limit', 'TOO_LARGE', () => Buffer.alloc(DEFAULT_PFX_LIMITS.bytes + 1, 0x30));
  });

  describe('structures without end', () => {
    refused('ten thousand levels', 'TOO_LARGE', () => {
      // Indefinite lengths: the depth is the file's size.
      const levels = Buffer.alloc(20_000, Buffer.of(0x30, 0x80));
      return Buffer.concat([Buffer.of(0x30, 0x80, 2, 1, 3), levels]);
    });
    refused('a hundred bags within bags', 'TOO_LARGE', () => {
      let bag: BagRecipe = certificate();
      for (let level = 0; level < 100; level++) bag = { bags: [bag] };
      return build({ parts: [{ bags: [bag] }] });
    });
    refused('a string in pieces in pieces', 'TOO_LARGE', () => {
      let string = element(4, Buffer.of(0x30, 0));
      for (let level = 0; level < 60; level++) string = element(0x24, string);
      return pfx(element(0x30, oid('1.2.840.113549.1.7.1'), element(0xa0, string)));
    });
    refused('1,001 bags', 'TOO_MANY_BAGS', () =>
      build({ parts: [{ bags: repeated(DEFAULT_PFX_LIMITS.bags + 1, certificate) }] }),
    );
    refused('a hundred thousand empty parts', 'TOO_LARGE', () =>
      pfx(data(element(0x30, Buffer.alloc(200_000, Buffer.of(5, 0))))),
    );
    for (const [what, tag] of [
      ['an identifier', 0x06],
      ['a relative identifier', 0x0d],
      ['a text', 0x0c],
      ['a time', 0x17],
    ] as const) {
      refused(`${what} of three megabytes`, 'TOO_LARGE', () =>
        pfx(element(0x30, element(tag, Buffer.alloc(3e6, 1)))),
      );
    }
    refused('sixty thousand identifiers', 'TOO_LARGE', () =>
      pfx(element(0x30, Buffer.alloc(720_000, element(6, Buffer.alloc(10, 1))))),
    );
    refused('twenty parts of ten thousand elements', 'TOO_LARGE', () => {
      // A bag of a kind that nobody knows is passed over.
      const bag = element(0x30, oid('1.2.3'), element(0xa0, Buffer.alloc(20_000, Buffer.of(5, 0))));
      const part = data(element(0x30, bag));
      return pfx(data(element(0x30, ...Array.from({ length: 20 }, () => part))));
    });
  });

  describe('wrong types', () => {
    refused('a number for the content', 'DAMAGED', () => pfx(element(0x30, Buffer.of(2, 1, 1))));
    refused('a string for the list of parts', 'DAMAGED', () =>
      pfx(data(element(0x0c, Buffer.from('hello')))),
    );
    refused('a number for a part', 'DAMAGED', () => pfx(data(element(0x30, Buffer.of(2, 1, 1)))));
    refused('text for the bags', 'DAMAGED', () => pfx(data(element(0x30, data(Buffer.from('bags'))))));
    refused('an identifier that never ends', 'DAMAGED', () =>
      pfx(element(0x30, element(6, Buffer.alloc(5000, 0xff)), element(0xa0, element(4)))),
    );
    refused('an empty identifier', 'DAMAGED', () =>
      pfx(element(0x30, element(6), element(0xa0, element(4)))),
    );
    refused('a certificate that is none', 'DAMAGED', () =>
      build({ parts: [{ bags: [{ certificate: Buffer.from('no certificate') }] }] }),
    );
    refused('a key that is none', 'DAMAGED', () =>
      build({ parts: [{ bags: [{ key: element(0x30, Buffer.of(2, 1, 0)) }] }] }),
    );
    refused('a key of zeros', 'DAMAGED', () => {
      const algorithm = element(0x30, oid('1.2.840.113549.1.1.1'), element(5));
      const hollow = element(0x30, Buffer.of(2, 1, 0), algorithm, element(4, Buffer.alloc(64)));
      return build({ parts: [{ bags: [{ key: hollow }] }] });
    });
    refused('a MAC of the wrong length', 'DAMAGED', () => {
      const algorithm = element(0x30, oid('2.16.840.1.101.3.4.2.1'), element(5));
      const info = element(0x30, algorithm, element(4, Buffer.alloc(20)));
      return pfx(data(element(0x30)), element(0x30, info, element(4, Buffer.alloc(8))));
    });
  });

  describe('parameters', () => {
    const hmac = (): Buffer => element(0x30, oid('1.2.840.113549.2.9'), element(5));
    const pbkdf2 = (...length: readonly Uint8Array[]): Buffer =>
      element(
        0x30,
        oid('1.2.840.113549.1.5.12'),
        element(0x30, element(4, Buffer.alloc(8)), Buffer.of(2, 1, 9), ...length, hmac()),
      );
    const withPbmac1 = (...length: readonly Uint8Array[]): Buffer => {
      const parameters = element(0x30, pbkdf2(...length), hmac());
      const algorithm = element(0x30, oid('1.2.840.113549.1.5.14'), parameters);
      const info = element(0x30, algorithm, element(4, Buffer.alloc(32)));
      return pfx(data(element(0x30)), element(0x30, info, element(4, Buffer.alloc(8))));
    };
    refused('a PBMAC1 that wants a key of 16 MB', 'DAMAGED', () => withPbmac1(Buffer.of(2, 4, 1, 0, 0, 0)));
    refused('a PBMAC1 that does not say how long its key is', 'DAMAGED', () => withPbmac1());

    const withPbes2 = (
      ivBytes: number,
      ciphertextBytes: number,
      ...length: readonly Uint8Array[]
    ): Buffer => {
      const scheme = element(0x30, oid('2.16.840.1.101.3.4.1.42'), element(4, Buffer.alloc(ivBytes)));
      const parameters = element(0x30, pbkdf2(...length), scheme);
      const algorithm = element(0x30, oid('1.2.840.113549.1.5.13'), parameters);
      const ciphertext = element(0x80, Buffer.alloc(ciphertextBytes));
      const info = element(0x30, oid('1.2.840.113549.1.7.1'), algorithm, ciphertext);
      const content = element(0xa0, element(0x30, Buffer.of(2, 1, 0), info));
      return pfx(data(element(0x30, element(0x30, oid('1.2.840.113549.1.7.6'), content))));
    };
    refused('a ciphertext of zeros', 'PASSWORD_WRONG', () => withPbes2(16, 64));
    refused('a vector of eight bytes for AES', 'DAMAGED', () => withPbes2(8, 64));
    refused('a key of three bytes for AES-256', 'DAMAGED', () => withPbes2(16, 64, Buffer.of(2, 1, 3)));
    refused('a ciphertext of half a block', 'DAMAGED', () => withPbes2(16, 40));
    refused('an empty ciphertext', 'DAMAGED', () => withPbes2(16, 0));
  });

  describe('algorithms', () => {
    refused('RC4', 'UNSUPPORTED', () => build({ algorithm: '1.2.840.113549.1.12.1.1' }));
    refused('one that nobody knows', 'UNSUPPORTED', () => build({ algorithm: '1.2.3.4.5' }));
    refused('integrity by signature', 'UNSUPPORTED', () =>
      pfx(element(0x30, oid('1.2.840.113549.1.7.2'), element(0xa0, element(0x30)))),
    );
    refused('encryption to a public key', 'UNSUPPORTED', () =>
      pfx(data(element(0x30, element(0x30, oid('1.2.840.113549.1.7.3'), element(0xa0, element(0x30)))))),
    );
    it('names what it does not support', () => {
      assert.throws(
        () => parsePfx(build({ algorithm: '1.2.840.113549.1.12.1.1' }), 'secret'),
        /RC4 with 128 bits/,
      );
    });
  });
});
