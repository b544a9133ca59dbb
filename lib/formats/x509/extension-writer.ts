import { createHash, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AccessDescription,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  ExtendedKeyUsage,
  Extension,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ad_caIssuers,
  id_ad_ocsp,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyIdentifier,
  KeyUsage as KeyUsageBits,
  NameConstraints,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { bmpString, integer, nothing, objectIdentifier, sequence } from '../asn1/der-writer.js';
import type { AlternativeNames } from './alternative-names.js';
import { EXTENSION, readKeyIdentifier } from './extensions.js';
import { generalNames } from './general-names.js';
import { extensionValues, outlineOf } from './outline.js';
import { KEY_USAGES, type KeyUsage } from './usages.js';

/** Extension (RFC 5280 §4.1), DER. */
export type EncodedExtension = Uint8Array;

/** Writes the extensions of certificates and requests (RFC 5280 §4.2). Each function returns one. */

/** Whether it is an authority, and how many authorities may be below it (RFC 5280 §4.2.1.9). */
export const basicConstraints = (isAuthority: boolean, pathLength?: number): EncodedExtension =>
  extension(
    id_ce_basicConstraints,
    new BasicConstraints({
      cA: isAuthority,
      ...(pathLength !== undefined && { pathLenConstraint: pathLength }),
    }),
    true,
  );

export function keyUsage(usages: readonly KeyUsage[]): EncodedExtension {
  const bits = usages.reduce((sum, usage) => sum | (1 << KEY_USAGES.indexOf(usage)), 0);
  return extension(id_ce_keyUsage, new KeyUsageBits(bits), true);
}

/** @param purposes identifiers, such as EXTENDED_KEY_USAGES.serverAuth */
export const extendedKeyUsage = (purposes: readonly string[]): EncodedExtension =>
  extension(id_ce_extKeyUsage, new ExtendedKeyUsage([...purposes]));

/** @param isCritical if nothing else names the subject (RFC 5280 §4.2.1.6) */
export const subjectAlternativeName = (names: AlternativeNames, isCritical: boolean): EncodedExtension =>
  extension(id_ce_subjectAltName, new SubjectAlternativeName(generalNames(names)), isCritical);

export const subjectKeyIdentifier = (publicKey: KeyObject): EncodedExtension =>
  extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(toArrayBuffer(keyIdentifierOf(publicKey))));

/**
 * Names only the key. With issuer and serial number, a renewed authority would break the chains below it.
 *
 * @param identifier the authority's subject key identifier
 */
export const authorityKeyIdentifier = (identifier: Uint8Array): EncodedExtension =>
  extension(
    id_ce_authorityKeyIdentifier,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(toArrayBuffer(identifier)) }),
  );

/** Names below a certificate. A missing kind of name is not constrained. */
export interface NameTrees {
  /** 'bar.example' is the name and all names below it. */
  readonly dns?: readonly string[];
  /** Address and mask: 8 bytes for IPv4, 32 for IPv6. */
  readonly ip?: readonly Uint8Array[];
  /** A mailbox, a host, or with a dot in front all hosts below it. */
  readonly email?: readonly string[];
}

/** What an authority may issue certificates for (RFC 5280 §4.2.1.10). */
export const nameConstraints = (permitted: NameTrees, excluded: NameTrees = {}): EncodedExtension =>
  extension(
    id_ce_nameConstraints,
    new NameConstraints({
      ...(isEmpty(permitted) ? {} : { permittedSubtrees: new GeneralSubtrees(subtrees(permitted)) }),
      ...(isEmpty(excluded) ? {} : { excludedSubtrees: new GeneralSubtrees(subtrees(excluded)) }),
    }),
    true,
  );

const isEmpty = (trees: NameTrees): boolean => subtrees(trees).length === 0;

const subtrees = ({ dns = [], ip = [], email = [] }: NameTrees): GeneralSubtree[] => [
  ...dns.map((dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) })),
  // The library writes an address from its text, which has no mask.
  ...ip.map((bytes) => new GeneralSubtree({ base: addressTree(bytes) })),
  ...email.map((rfc822Name) => new GeneralSubtree({ base: new GeneralName({ rfc822Name }) })),
];

const addressTree = (bytes: Uint8Array): GeneralName =>
  AsnConvert.parse(Buffer.concat([Buffer.of(0x87, bytes.length), bytes]), GeneralName);

/** Where the revocation list of its issuer is (RFC 5280 §4.2.1.13). */
export const revocationListAt = (url: string): EncodedExtension =>
  extension(
    id_ce_cRLDistributionPoints,
    new CRLDistributionPoints([
      new DistributionPoint({ distributionPoint: new DistributionPointName({ fullName: [location(url)] }) }),
    ]),
  );

/** Where its issuer's certificate is, and who answers for its revocation (RFC 5280 §4.2.2.1). */
export const authorityInformation = (urls: {
  readonly issuer?: string;
  readonly ocsp?: string;
}): EncodedExtension =>
  extension(
    id_pe_authorityInfoAccess,
    new AuthorityInfoAccessSyntax([
      ...(urls.issuer === undefined ? [] : [access(id_ad_caIssuers, urls.issuer)]),
      ...(urls.ocsp === undefined ? [] : [access(id_ad_ocsp, urls.ocsp)]),
    ]),
  );

const access = (accessMethod: string, url: string): AccessDescription =>
  new AccessDescription({ accessMethod, accessLocation: location(url) });

const location = (url: string): GeneralName => new GeneralName({ uniformResourceIdentifier: url });

/** Nobody checks whether a responder's certificate is revoked (RFC 6960 §4.2.2.2.1). */
export const noRevocationCheck = (): EncodedExtension => rawExtension('1.3.6.1.5.5.7.48.1.5', nothing());

/** Asks a Windows authority for a template by name (szOID_ENROLL_CERTTYPE_EXTENSION). */
export const templateName = (name: string): EncodedExtension =>
  rawExtension(EXTENSION.templateName, bmpString(name));

/** Asks a Windows authority for a template by identifier and version (szOID_CERTIFICATE_TEMPLATE). */
export const certificateTemplate = (oid: string, major: number, minor?: number): EncodedExtension =>
  rawExtension(
    EXTENSION.template,
    sequence(objectIdentifier(oid), integer(major), ...(minor === undefined ? [] : [integer(minor)])),
  );

/** SHA-1 of the key's bits: a name, not a secret (RFC 5280 §4.2.1.2, method 1). */
export const keyIdentifierOf = (publicKey: KeyObject): Buffer =>
  createHash('sha1')
    .update(Buffer.from(publicKeyInfo(publicKey).subjectPublicKey))
    .digest();

/**
 * How an issuer's certificate names its key.
 *
 * @returns null for one without a subject key identifier: there is nothing to refer to (RFC 5280 §4.2.1.1)
 */
export function keyIdentifierIn(certificate: Uint8Array): Uint8Array | null {
  const value = extensionValues(outlineOf(certificate)).get(EXTENSION.subjectKeyIdentifier);
  return value === undefined ? null : readKeyIdentifier(value);
}

const publicKeyInfo = (publicKey: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);

const extension = (identifier: string, value: unknown, isCritical = false): EncodedExtension =>
  rawExtension(identifier, new Uint8Array(AsnConvert.serialize(value)), isCritical);

/** @param value DER */
export const rawExtension = (identifier: string, value: Uint8Array, isCritical = false): EncodedExtension =>
  new Uint8Array(
    AsnConvert.serialize(
      new Extension({
        extnID: identifier,
        critical: isCritical,
        extnValue: new OctetString(toArrayBuffer(value)),
      }),
    ),
  );

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
