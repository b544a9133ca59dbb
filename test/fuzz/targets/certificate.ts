import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { PLAIN } from '#lib/base/text/rows.js';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import { certificateFacts, formatCertificate } from '#lib/formats/description/certificate.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { endPointBinding } from '#lib/formats/x509/end-point-binding.js';
import { isForHost } from '#lib/formats/x509/host-match.js';
import {
  NAME_CONSTRAINTS,
  outsideConstraints,
  readNameConstraints,
} from '#lib/formats/x509/name-constraints.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { extensionValues, outlineOf } from '#lib/formats/x509/outline.js';
import { checkIdentity, listsHost } from '#lib/windows/trust/identity.js';
import { legacyPeerCertificate, peerX509Certificate } from '#lib/windows/trust/peer-certificate.js';
import { sharedRoot } from '../../support/certificates.js';
import { holding, oddLeaf, UNREADABLE } from '../../support/odd-leaf.js';
import { codes, instances, outcomeOf, valueOf } from '../outcome.js';

export const what = 'a certificate, of a peer or in a store';
export const longest = 2048;

export async function seeds(): Promise<readonly Uint8Array[]> {
  const root = await sharedRoot();
  const plain = await root.issue({
    subject: 'CN=mail.example, O="Bar, Inc.", C=DE',
    altNames: ['DNS:*.mail.example', 'IP:192.0.2.1', 'IP:2001:db8::1'],
    caIssuers: 'http://127.0.0.1/ca',
    crl: 'http://127.0.0.1/crl',
  });
  const below = await root.authority('CN=below', {
    authority: { pathLength: 0, permitted: ['mail.example'] },
  });
  const odd = Object.values(UNREADABLE).map((oddity) => oddLeaf(root.certificate, oddity).der);
  const embedding = oddLeaf(root.certificate, holding(plain.cert)).der;
  return [plain.der, root.certificate.der, below.certificate.der, embedding, ...odd];
}

/** What stands in a certificate, asked one by one. */
const QUESTIONS = [
  'x509',
  'pem',
  'subject',
  'issuer',
  'commonName',
  'serialNumber',
  'validFrom',
  'validTo',
  'dnsNames',
  'ipAddresses',
  'emailAddresses',
  'upns',
  'uris',
  'keyUsage',
  'encodedKeyUsage',
  'isAuthority',
  'isSelfSigned',
  'templates',
  'keyIdentifier',
  'thumbprint256',
  'publicKey',
] as const satisfies readonly (keyof CertificateContents)[];

const REFUSED = codes('ERR_SCHANNEL_OPTION_CERTIFICATE');

/** Each question has an answer or a code, and where Node reads the certificate too, the same answer. */
export function fuzz(data: Buffer): void {
  const contents = new CertificateContents(data);
  for (const question of QUESTIONS) outcomeOf(() => contents[question], REFUSED);
  checkConstraints(data);
  endPointBinding(data);
  for (const line of formatCertificate(certificateFacts(data), 1, PLAIN, 0))
    assert.ok(!/[\p{Cc}\u2028\u2029]/u.test(line), 'a line with control characters');
  isForHost(
    { dnsNames: contents.dnsNames, commonName: valueOf(outcomeOf(() => contents.commonName, REFUSED)) },
    'mail.example',
  );
  listsHost('mail.example', data);
  checkPeer(data);
  const other = readByNode(data);
  if (other !== null) compare(contents, other);
}

function checkConstraints(data: Buffer): void {
  const outline = valueOf(outcomeOf(() => outlineOf(data), REFUSED));
  if (outline === null) return;
  const values = valueOf(outcomeOf(() => extensionValues(outline), instances(MalformedDer)));
  const value = values?.get(NAME_CONSTRAINTS);
  if (value === undefined) return;
  const constraints = valueOf(outcomeOf(() => readNameConstraints(value), instances(MalformedDer)));
  if (constraints === null) return;
  const names = alternativeNames({
    dns: ['www.mail.example'],
    ip: ['192.0.2.1', '2001:db8::1'],
    email: ['a@mail.example'],
  });
  outsideConstraints(names, true, constraints);
}

function checkPeer(data: Buffer): void {
  const legacy = legacyPeerCertificate([data], true);
  const isSomebody = Object.keys(legacy).length > 0;
  assert.equal(peerX509Certificate([data]) === undefined, !isSomebody);
  const error = isSomebody ? checkIdentity('victim.invalid', legacy) : null;
  if (isSomebody) assert.match(String((error as { code?: unknown } | null)?.code), /^ERR_TLS_CERT_ALTNAME_/);
}

/** Node's own reader looks for PEM first, within DER too. */
function readByNode(data: Buffer): X509Certificate | null {
  if (data[0] !== 0x30 || data.includes('-----BEGIN')) return null;
  try {
    return new X509Certificate(data);
  } catch {
    return null;
  }
}

function compare(contents: CertificateContents, other: X509Certificate): void {
  // Windows shows the bytes of a negative number.
  if (!other.serialNumber.startsWith('-'))
    assert.equal(contents.serialNumber, other.serialNumber, 'serialNumber');
  // OpenSSL takes nobody for an authority who has another extension that is malformed.
  if (other.ca) assert.ok(contents.isAuthority, 'isAuthority');
  assert.equal(contents.validFrom.getTime(), Date.parse(other.validFrom), 'validFrom');
  assert.equal(contents.validTo.getTime(), Date.parse(other.validTo), 'validTo');
  const names = other.subjectAltName?.split(', ') ?? [];
  if (names.every((name) => /^DNS:[a-z0-9.*-]+$/i.test(name)))
    assert.deepEqual(
      contents.dnsNames,
      names.map((name) => name.slice('DNS:'.length)),
      'dnsNames',
    );
}
