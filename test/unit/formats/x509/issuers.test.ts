import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import {
  isNamedIssuer,
  isSelfIssued,
  isSelfSigned,
  issuersAbove,
  MAX_ISSUERS,
  publicKeyOf,
  walkIssuers,
} from '#lib/formats/x509/issuers.js';
import { damaged, selfSigned, TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { withUnknownKey } from '../../../support/crafted-certificate.js';

const parse = ({ der }: TestCertificate): X509Certificate => new X509Certificate(der);
const subjects = (certificates: readonly X509Certificate[]): string[] =>
  certificates.map(({ subject }) => subject);

describe('formats/x509/issuers', () => {
  const plain = { keyIdentifiers: false } as const;
  let root: TestAuthority;
  let middle: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await TestAuthority.create('CN=root', plain);
    middle = await root.authority('CN=middle', plain);
    leaf = await middle.issue({ subject: 'CN=leaf', ...plain });
  });

  it('distinguishes self-issued from self-signed', async () => {
    const rollover = parse((await root.authority('CN=root', plain)).certificate);
    const endEntity = parse(await selfSigned());
    const broken = parse(damaged(root.certificate));
    assert.deepEqual(
      [parse(root.certificate), endEntity, rollover, broken, parse(leaf)].map((each) => [
        isSelfIssued(each),
        isSelfSigned(each),
      ]),
      [
        [true, true],
        [true, true],
        [true, false],
        [true, false],
        [false, false],
      ],
    );
  });

  it('does not throw for any type of key', () => {
    const unknown = new X509Certificate(withUnknownKey(root.certificate.der));
    assert.throws(() => unknown.publicKey);
    assert.equal(publicKeyOf(unknown), null);
    assert.equal(isSelfIssued(unknown), true);
    assert.equal(isSelfSigned(unknown), false);
    assert.deepEqual(issuersAbove(parse(middle.certificate), [unknown], 'signature'), []);
  });

  it('goes from the issuer to the root, whatever the order', () => {
    const all = [root.certificate, leaf, middle.certificate].map(parse);
    for (const proof of ['names', 'signature'] as const) {
      for (const candidates of [all, [...all].reverse()]) {
        assert.deepEqual(subjects(issuersAbove(parse(leaf), candidates, proof)), ['CN=middle', 'CN=root']);
      }
      assert.deepEqual(issuersAbove(parse(root.certificate), all, proof), []);
      assert.deepEqual(subjects(issuersAbove(parse(leaf), [parse(root.certificate)], proof)), []);
    }
  });

  it('accepts a certificate with the same name, unless signatures count', async () => {
    const impostor = parse((await root.authority('CN=middle', plain)).certificate);
    const real = parse(middle.certificate);
    assert.ok(isNamedIssuer(impostor, parse(leaf)));
    assert.deepEqual(issuersAbove(parse(leaf), [impostor, real], 'names'), [impostor]);
    assert.deepEqual(issuersAbove(parse(leaf), [impostor, real], 'signature'), [real]);
    assert.deepEqual(issuersAbove(parse(leaf), [impostor], 'signature'), []);
  });

  it("follows an authority's new key to its old one", async () => {
    const renewed = await root.authority('CN=root', plain);
    const below = await renewed.issue({ subject: 'CN=below', ...plain });
    const candidates = [root, renewed].map(({ certificate }) => parse(certificate));
    assert.deepEqual(issuersAbove(parse(below), candidates, 'signature'), candidates.reverse());
  });

  it('uses each certificate once, and finds the way out of a circle', async () => {
    const first = await (await root.authority('CN=second', plain)).authority('CN=first', plain);
    const second = await first.authority('CN=second', plain);
    const other = parse((await root.authority('CN=first', plain)).certificate);
    const [one, two] = [parse(first.certificate), parse(second.certificate)];
    const bytes = (certificates: readonly X509Certificate[]): Buffer[] => certificates.map(({ raw }) => raw);
    const circle = issuersAbove(one, [one, two, parse(first.certificate)], 'names');
    assert.deepEqual(bytes(circle), bytes([two]));
    const top = parse(root.certificate);
    const out = issuersAbove(one, [one, two, other, top], 'names');
    assert.deepEqual(bytes(out), bytes([two, other, top]));
  });

  it('follows no more than the longest chain that Windows builds', async () => {
    const authorities = [root];
    while (authorities.length < MAX_ISSUERS + 2) {
      const above = authorities.at(-1) ?? root;
      authorities.push(await above.authority(`CN=${authorities.length}`, plain));
    }
    const chain = authorities.map(({ certificate }) => parse(certificate)).reverse();
    const [lowest, ...above] = chain;
    assert.ok(lowest !== undefined);
    let asked = 0;
    const found = walkIssuers(lowest, () => above[asked++] ?? null);
    assert.deepEqual(found, above.slice(0, MAX_ISSUERS));
    assert.equal(asked, MAX_ISSUERS);
    assert.deepEqual(issuersAbove(lowest, above, 'signature'), found);
  });
});
