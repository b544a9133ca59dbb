import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { limitsOf, type MaterialRequest, readMaterial } from '#lib/windows/import-export/material.js';
import { planImport } from '#lib/windows/import-export/plan.js';
import { type FileBudget } from '#lib/formats/pbe/file-budget.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { codeOf, derOf } from '../../../support/key-material.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { buildPfx, element, encryptedKey, oid } from '../../../support/pfx-builder.js';
import { withinWork } from '../../../support/work.js';

const FOUR_MIB = 4 << 20;

/** What a stranger can have read: each within the work of 200 ms, and refused by a code where it is refused. */
describe('windows/import-export/material: files from unknown sources', function () {
  this.timeout(120_000);
  let leaf: TestCertificate;
  let pfx: Buffer;
  let open: Buffer;
  let locked: string;
  before(async () => {
    leaf = await (await sharedRoot()).issue();
    const bags = [{ key: derOf(leaf.key), encryption: '3des' as const, friendlyName: 'name' }];
    pfx = buildPfx({
      parts: [{ encryption: '3des', bags: [{ certificate: leaf.der }] }, { bags }],
      iterations: 10,
    });
    const contents = [{ certificate: leaf.der }, { key: derOf(leaf.key) }];
    open = buildPfx({ parts: [{ bags: contents }], mac: null });
    const encryption = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    locked = createPrivateKey(leaf.key).export({ format: 'pem', type: 'pkcs8', ...encryption }) as string;
  });

  const read = (
    kind: MaterialRequest['kind'],
    bytes: Uint8Array,
    password: string | undefined,
    budget: FileBudget,
    limits = limitsOf(),
  ): string | null => codeOf(() => planImport(readMaterial({ kind, bytes, password, limits }, budget)));

  describe('with accidents', () => {
    const never = (
      title: string,
      rounds: number,
      original: () => readonly [MaterialRequest['kind'], Buffer],
      password: string | undefined,
    ): void => {
      it(`${title}: ${rounds} of them`, () => {
        const [kind, whole] = original();
        const below = numbersFrom(rounds);
        let refused = 0;
        for (let round = 0; round < rounds; round += 1) {
          const bytes = mutated(whole, below);
          const code = withinWork(`round ${round}`, (budget) => read(kind, bytes, password, budget));
          assert.match(code ?? 'ERR_SCHANNEL_IMPORT_', /^ERR_SCHANNEL_IMPORT_/);
          if (code !== null) refused += 1;
        }
        assert.ok(refused > rounds / 4, `${refused} were refused`);
      });
    };
    never('a PFX, under the right password', 1_500, () => ['pfx', pfx], 'secret');
    never('a PFX, under none', 600, () => ['pfx', pfx], undefined);
    never('a PFX in the clear', 1_500, () => ['pfx', open], undefined);
    never('PEM', 1_500, () => ['certificates', Buffer.from(leaf.key + leaf.cert)], undefined);
    never('an encrypted key', 800, () => ['certificates', Buffer.from(locked + leaf.cert)], 'secret');
  });

  const wrapped = (...rest: readonly Uint8Array[]): Buffer => element(0x30, Buffer.of(2, 1, 3), ...rest);
  const data = (content: Uint8Array): Buffer =>
    element(0x30, oid('1.2.840.113549.1.7.1'), element(0xa0, element(4, content)));
  const refusedPfx = (title: string, code: string, make: () => Uint8Array): void => {
    it(`${title}: ${code}`, () => {
      const bytes = make();
      assert.ok(bytes.length <= FOUR_MIB);
      const found = withinWork(title, (budget) => read('pfx', bytes, 'secret', budget));
      assert.equal(found, `ERR_SCHANNEL_IMPORT_${code}`);
    });
  };

  describe('as PFX', () => {
    refusedPfx('a hundred thousand nested indefinite lengths', 'TOO_LARGE', () =>
      Buffer.concat([Buffer.of(0x30, 0x80, 2, 1, 3), Buffer.alloc(200_000, Buffer.of(0x30, 0x80))]),
    );
    refusedPfx('4 MiB of empty elements', 'TOO_LARGE', () =>
      wrapped(element(0x30, Buffer.alloc(FOUR_MIB - 20, Buffer.of(5, 0)))),
    );
    refusedPfx('an identifier of 4 MiB', 'TOO_LARGE', () =>
      wrapped(element(0x30, element(6, Buffer.alloc(FOUR_MIB - 20, 1)))),
    );
    refusedPfx('a BMPString of 3.9 MB', 'TOO_LARGE', () =>
      wrapped(element(0x30, element(0x1e, Buffer.alloc(3.9e6)))),
    );
    refusedPfx('a string in pieces in pieces, 40 levels of 3.9 MB', 'DAMAGED', () => {
      let string = element(4, Buffer.alloc(3.9e6));
      for (let level = 0; level < 40; level++) string = element(0x24, string);
      return wrapped(element(0x30, oid('1.2.840.113549.1.7.1'), element(0xa0, string)));
    });
    for (const mac of ['sha1', null] as const) {
      refusedPfx(`2^63 iterations of ${mac === null ? 'an encryption' : 'the MAC'}`, 'ITERATIONS', () =>
        withIterations(element(2, Buffer.from('7fffffffffffffff', 'hex')), mac !== null),
      );
    }
    refusedPfx('a salt of 3.9 MB for the MAC', 'PASSWORD_WRONG', () => {
      const algorithm = element(0x30, oid('1.3.14.3.2.26'), element(5));
      const info = element(0x30, algorithm, element(4, Buffer.alloc(20)));
      return wrapped(data(element(0x30)), element(0x30, info, element(4, Buffer.alloc(3.9e6))));
    });
    refusedPfx('a certificate of 3.9 MB', 'DAMAGED', () =>
      buildPfx({ parts: [{ bags: [{ certificate: element(0x30, Buffer.alloc(3.9e6)) }] }], mac: null }),
    );
    refusedPfx('3.9 MB under RC2', 'TOO_LARGE', () => underRc2(Buffer.alloc(3_900_000)));
    refusedPfx('four parts of a megabyte under RC2', 'TOO_LARGE', () => {
      const part = rc2Part(Buffer.alloc(1_000_000));
      return wrapped(data(element(0x30, part, part, part, part)));
    });
  });

  describe('as PEM', () => {
    const refusedPem = (title: string, code: string, make: () => string): void => {
      it(`${title}: ${code}`, () => {
        const bytes = Buffer.from(make());
        assert.ok(bytes.length <= FOUR_MIB);
        const found = withinWork(title, (budget) => read('certificates', bytes, 'secret', budget));
        assert.equal(found, `ERR_SCHANNEL_IMPORT_${code}`);
      });
    };
    const block = (label: string, der: Uint8Array): string =>
      `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
    refusedPem('4 MiB of beginnings', 'TOO_LARGE', () => '-----BEGIN A-----\n'.repeat(233_000));
    refusedPem(
      '4 MiB of blanks',
      'UNRECOGNIZED',
      () => `-----BEGIN A-----\n${' \n'.repeat(2_000_000)}-----END A-----`,
    );
    refusedPem('4 MiB of blank beginnings', 'UNRECOGNIZED', () => `-----BEGIN ${' '.repeat(4_000_000)}-----`);
    refusedPem(
      '4 MiB of headers',
      'TOO_LARGE',
      () => `-----BEGIN A-----\n${'Proc-Type:\n'.repeat(380_000)}\n-----END A-----`,
    );
    refusedPem(
      '4 MiB of line ends in a header',
      'UNRECOGNIZED',
      () => `-----BEGIN A-----\nProc-Type: ${'\r'.repeat(4_000_000)}\n\n-----END A-----`,
    );
    refusedPem('twelve keys of 600,000 iterations', 'ITERATIONS', () => {
      const recipe = { password: 'secret', iterations: 10, claimedIterations: 600_000 };
      const key = block('ENCRYPTED PRIVATE KEY', encryptedKey(derOf(leaf.key), 'aes256', recipe));
      return key.repeat(12);
    });
    refusedPem('thirty blocks of three thousand elements', 'TOO_LARGE', () => {
      const content = element(0xa0, element(0x30, Buffer.alloc(6_000, Buffer.of(5, 0))));
      return block('PKCS7', element(0x30, oid('1.2.840.113549.1.7.2'), content)).repeat(30);
    });
    refusedPem('1,001 certificates', 'TOO_MANY_BAGS', () => leaf.cert.repeat(1_001));

    it('copies of a key and of its certificate make one pair', () => {
      const bytes = Buffer.from((leaf.key + leaf.cert).repeat(50));
      const { identities, certificates, keysWithoutCertificate } = withinWork('50 × 50', (budget) =>
        readMaterial({ kind: 'certificates', bytes, password: undefined, limits: limitsOf() }, budget),
      );
      assert.deepEqual([identities.length, certificates.length, keysWithoutCertificate], [1, 50, 0]);
    });
  });

  /** A PFX whose one part says this number of iterations; or whose MAC does. */
  function withIterations(iterations: Buffer, ofMac: boolean): Buffer {
    if (ofMac) {
      const info = element(0x30, element(0x30, oid('1.3.14.3.2.26')), element(4, Buffer.alloc(20)));
      return wrapped(data(element(0x30)), element(0x30, info, element(4, Buffer.alloc(8)), iterations));
    }
    return wrapped(data(element(0x30, rc2Part(Buffer.alloc(8), iterations))));
  }

  function rc2Part(ciphertext: Buffer, iterations: Buffer = Buffer.of(2, 1, 1)): Buffer {
    const parameters = element(0x30, element(4, Buffer.alloc(8)), iterations);
    const algorithm = element(0x30, oid('1.2.840.113549.1.12.1.6'), parameters);
    const info = element(0x30, oid('1.2.840.113549.1.7.1'), algorithm, element(0x80, ciphertext));
    const content = element(0xa0, element(0x30, Buffer.of(2, 1, 0), info));
    return element(0x30, oid('1.2.840.113549.1.7.6'), content);
  }

  const underRc2 = (ciphertext: Buffer): Buffer => wrapped(data(element(0x30, rc2Part(ciphertext))));
});
