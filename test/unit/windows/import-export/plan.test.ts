import assert from 'node:assert/strict';
import { type X509Certificate } from 'node:crypto';
import { type Material } from '#lib/windows/import-export/material.js';
import { planImport } from '#lib/windows/import-export/plan.js';
import {
  daysFromNow,
  selfSigned,
  sharedRoot,
  type TestAuthority,
  type TestCertificate,
} from '../../../support/certificates.js';
import { materialOf } from '../../../support/import-material.js';
import { codeOf } from '../../../support/key-material.js';

describe('windows/import-export/plan', () => {
  let root: TestAuthority;
  let middle: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await sharedRoot();
    middle = await root.authority('CN=schannel test middle');
    leaf = await middle.issue({ subject: 'CN=leaf.test' });
  });

  const material = (
    certificates: readonly TestCertificate[],
    withKey: readonly TestCertificate[] = [],
  ): Omit<Material, 'looseKeys'> => materialOf(certificates, withKey);
  const subjects = (certificates: readonly X509Certificate[]): string[] =>
    certificates.map(({ subject }) => subject);
  const summary = (of: Omit<Material, 'looseKeys'>): unknown => {
    const { identities, others, authorities, roots } = planImport(of);
    return {
      identities: subjects(identities.map(({ certificate }) => certificate)),
      others: subjects(others),
      authorities: subjects(authorities),
      roots: subjects(roots),
    };
  };

  it('distinguishes leaf, intermediate and root in any order', () => {
    const all = [root.certificate, leaf, middle.certificate];
    for (const order of [all, [...all].reverse()]) {
      assert.deepEqual(summary(material(order, [leaf])), {
        identities: ['CN=leaf.test'],
        others: [],
        authorities: ['CN=schannel test middle'],
        roots: ['CN=schannel test root'],
      });
    }
  });

  it('puts a certificate without a key that is no authority into the same store', async () => {
    const other = await middle.issue({ subject: 'CN=other.test' });
    assert.deepEqual(summary(material([leaf, other], [leaf])), {
      identities: ['CN=leaf.test'],
      others: ['CN=other.test'],
      authorities: [],
      roots: [],
    });
  });

  it('has a self-signed certificate with its key among the identities and the roots', async () => {
    const own = await selfSigned({ subject: 'CN=self.test' });
    assert.deepEqual(summary(material([own], [own])), {
      identities: ['CN=self.test'],
      others: [],
      authorities: [],
      roots: ['CN=self.test'],
    });
  });

  it('does not trust names: a root has signed itself', async () => {
    // Issued by the root's name with another key: neither root nor leaf of that root.
    const impostor = await selfSigned({ subject: 'CN=schannel test root' });
    const fake = { ...leaf, der: withSignatureOf(impostor) };
    const plan = planImport(material([fake]));
    assert.deepEqual(subjects(plan.roots), []);
    assert.deepEqual(subjects(plan.others), ['CN=schannel test root']);
  });

  it('recognizes an old authority by what it issued', async () => {
    // Without the extension that would say so.
    const old = await selfSigned({ subject: 'CN=old authority' });
    const cross = await root.issue({ subject: 'CN=old authority', usages: [], altNames: [] });
    const issuer = await root.authority('CN=old authority');
    const below = await issuer.issue({ subject: 'CN=below.test' });
    assert.deepEqual(subjects(planImport(material([below, cross])).authorities), ['CN=old authority']);
    assert.deepEqual(subjects(planImport(material([below, old])).roots), ['CN=old authority']);
  });

  it('puts the leaf before an authority with its key in the file', () => {
    const both = material([middle.certificate, leaf], [middle.certificate, leaf]);
    assert.deepEqual(summary(both), {
      identities: ['CN=leaf.test', 'CN=schannel test middle'],
      others: [],
      authorities: [],
      roots: [],
    });
  });

  it('counts duplicates of a certificate once', async () => {
    const renewed = await middle.issue({ subject: 'CN=leaf.test', notAfter: daysFromNow(60) });
    const plan = planImport(
      material([leaf, leaf, middle.certificate, middle.certificate, renewed], [leaf, leaf]),
    );
    assert.equal(plan.identities.length, 1);
    assert.equal(plan.authorities.length, 1);
    assert.equal(plan.others.length, 1);
  });

  it('says what is missing from a file without certificates', () => {
    const nothing = (keysWithoutCertificate: number) => () =>
      planImport({ certificates: [], identities: [], keysWithoutCertificate });
    assert.equal(codeOf(nothing(0)), 'ERR_SCHANNEL_IMPORT_EMPTY');
    assert.throws(nothing(1), /private key and no certificate/);
  });

  it('refuses a certificate that cannot be read', () => {
    const der = Uint8Array.from(Buffer.from('no certificate'));
    const broken: Omit<Material, 'looseKeys'> = {
      ...material([]),
      certificates: [{ der, isSelfSigned: false }],
    };
    assert.equal(
      codeOf(() => planImport(broken)),
      'ERR_SCHANNEL_IMPORT_DAMAGED',
    );
  });

  /** The certificate with its last byte, which is of the signature, changed. */
  function withSignatureOf({ der }: TestCertificate): Uint8Array {
    const copy = Uint8Array.from(der);
    copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
    return copy;
  }
});
