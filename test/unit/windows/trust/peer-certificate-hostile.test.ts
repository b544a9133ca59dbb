import assert from 'node:assert/strict';
import { checkIdentity, listsHost } from '#lib/windows/trust/identity.js';
import { legacyPeerCertificate, peerX509Certificate } from '#lib/windows/trust/peer-certificate.js';
import { judge } from '#lib/windows/trust/verify.js';
import { issuerNamesOf } from '#lib/tls/identity/selector.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { sharedRoot, type TestAuthority } from '../../../support/certificates.js';
import { codeOf } from '../../../support/key-material.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { holding, oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';
import { chainElement, outcomeOf, Trust } from '../../../support/verify-outcome.js';

const ROUNDS = 2500;

/** What stands in a certificate, asked one by one. */
const QUESTIONS = [
  'x509',
  'pem',
  'subject',
  'issuer',
  'subjectName',
  'issuerName',
  'commonName',
  'serialNumber',
  'validFrom',
  'validTo',
  'dnsNames',
  'ipAddresses',
  'emailAddresses',
  'upns',
  'keyUsage',
  'encodedKeyUsage',
  'isAuthority',
  'isSelfSigned',
  'template',
  'templates',
  'keyIdentifier',
  'thumbprint',
  'thumbprint256',
  'publicKey',
] as const satisfies readonly (keyof CertificateContents)[];

describe('windows/trust/peer-certificate: what a peer may send', () => {
  let root: TestAuthority;
  let seeds: readonly Buffer[];
  before(async () => {
    root = await sharedRoot();
    const plain = await root.issue({
      subject: 'CN=mail.example, O="Bar, Inc.", C=DE',
      caIssuers: 'http://127.0.0.1/ca',
      crl: 'http://127.0.0.1/crl',
    });
    const odd = Object.values(UNREADABLE).map((oddity) => oddLeaf(root.certificate, oddity).der);
    const embedding = oddLeaf(root.certificate, holding(plain.cert)).der;
    seeds = [plain.der, plain.der, root.certificate.der, embedding, ...odd].map((der) => Buffer.from(der));
  });

  const each = (seed: number, ask: (der: Buffer) => void): void => {
    const below = numbersFrom(seed);
    for (let round = 0; round < ROUNDS; round += 1)
      ask(mutated(seeds[below(seeds.length)] ?? Buffer.alloc(0), below));
  };

  it('is somebody or nobody, and never an exception', () => {
    const seen = { somebody: 0, nobody: 0 };
    each(20_250_905, (der) => {
      const chain = [der, root.certificate.der];
      const legacy = legacyPeerCertificate(chain, true);
      const isSomebody = Object.keys(legacy).length > 0;
      assert.equal(peerX509Certificate(chain) === undefined, !isSomebody);
      // It is the first one, whatever else stands in it or behind it.
      if (isSomebody) assert.deepEqual(legacy.raw, der.subarray(0, legacy.raw.length));
      seen[isSomebody ? 'somebody' : 'nobody'] += 1;
    });
    for (const [who, count] of Object.entries(seen)) assert.ok(count > ROUNDS / 20, `${who}: ${count}`);
  });

  it('has the name that is asked for, or a code', () => {
    each(20_250_906, (der) => {
      listsHost('localhost', der);
      const legacy = legacyPeerCertificate([der]);
      if (Object.keys(legacy).length === 0) return;
      const code = codeOf(() => {
        const error = checkIdentity('victim.example', legacy);
        if (error !== null) throw error;
      });
      assert.match(code ?? 'none', /^ERR_TLS_CERT_ALTNAME_(INVALID|FORMAT)$/);
    });
  });

  it('gets a verdict with a code, whatever is wrong with it', () => {
    const faults = Object.values(Trust);
    each(20_250_907, (der) => {
      const errorStatus = faults[der.length % faults.length] ?? 0;
      const elements = [chainElement(der, { errorStatus }), chainElement(der, { errorStatus })];
      const { error } = judge(outcomeOf(elements), 'hard');
      if (error !== null) assert.match(error.code, /^[A-Z_0-9]+$/);
    });
  });

  it('returns its content, or refuses by code', () => {
    const refusals = new Map<string, number>();
    each(20_250_908, (der) => {
      const contents = new CertificateContents(der);
      for (const question of QUESTIONS) {
        const code = codeOf(() => contents[question]);
        if (code === null) continue;
        assert.equal(code, 'ERR_SCHANNEL_OPTION_CERTIFICATE', question);
        refusals.set(question, (refusals.get(question) ?? 0) + 1);
      }
    });
    for (const question of ['x509', 'subject', 'publicKey']) assert.ok((refusals.get(question) ?? 0) > 100);
    // Read by the library itself, and what is malformed counts as not said.
    for (const question of ['pem', 'dnsNames', 'thumbprint', 'keyUsage'])
      assert.ok((refusals.get(question) ?? 0) < ROUNDS / 2);
  });

  it('names authorities in its request that are names, or bytes', () => {
    each(20_250_909, (der) => {
      for (const name of issuerNamesOf([der, der.subarray(4)])) assert.equal(typeof name, 'string');
    });
  });
});
