import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { signCertificate } from '../../formats/x509/certificate-writer.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyIdentifierOf,
  keyUsage,
  nameConstraints,
  type NameTrees,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../../formats/x509/extension-writer.js';
import { signerOf } from '../../formats/x509/key-signer.js';
import { extensionValues, outlineOf } from '../../formats/x509/outline.js';
import {
  NAME_CONSTRAINTS,
  outsideConstraints,
  readNameConstraints,
} from '../../formats/x509/name-constraints.js';
import type { Signer } from '../../formats/x509/signed.js';
import { type EncodedName, parseSubject } from '../../formats/x509/subject.js';
import { EXTENDED_KEY_USAGES } from '../../formats/x509/usages.js';

/** Marks the certificates of this command, in all stores. */
export const ORGANIZATION = 'schannel development';

export const isOurs = ({ subjectName }: Pick<CertificateContents, 'subjectName'>): boolean =>
  subjectName.some((part) => part.some(({ type, value }) => type === 'O' && value === ORGANIZATION));

/** A root and the authority below it. The key of the root is gone. */
export interface MadeAuthority {
  readonly root: Buffer;
  readonly issuing: Buffer;
}

/**
 * Makes a root for one purpose: to sign the authority whose key is given. Its own key exists in memory until this
 * function returns, so that nobody can ever issue anything outside of the constraints.
 *
 * @param id tells one authority of this machine from the next
 * @param signer the key of the authority below the root
 */
export async function makeAuthority(
  {
    host,
    id,
    trees,
    now,
  }: { readonly host: string; readonly id: string; readonly trees: NameTrees; readonly now: Date },
  signer: Pick<Signer, 'publicKey'>,
): Promise<MadeAuthority> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rootSigner = signerOf(privateKey);
  const validity = { notBefore: backdated(now), notAfter: after(now, YEARS_OF_AUTHORITY * 365) };
  // Different common names: Schannel leaves out an intermediate that is named like the root.
  const rootName = nameOf(`${ORGANIZATION} root ${id} of ${host}`);
  const constraints = [nameConstraints(trees)];
  const root = await signCertificate(
    {
      ...validity,
      subject: rootName,
      issuer: rootName,
      publicKey: rootSigner.publicKey,
      extensions: [
        basicConstraints(true, 1),
        keyUsage(['keyCertSign', 'cRLSign']),
        subjectKeyIdentifier(rootSigner.publicKey),
        ...constraints,
      ],
    },
    rootSigner,
  );
  const issuing = await signCertificate(
    {
      ...validity,
      subject: nameOf(`${ORGANIZATION} authority ${id} of ${host}`),
      issuer: rootName,
      publicKey: signer.publicKey,
      extensions: [
        basicConstraints(true, 0),
        keyUsage(['keyCertSign', 'cRLSign']),
        // Windows takes it as a limit on everything below.
        extendedKeyUsage([EXTENDED_KEY_USAGES.serverAuth]),
        subjectKeyIdentifier(signer.publicKey),
        authorityKeyIdentifier(keyIdentifierOf(rootSigner.publicKey)),
        // Not every verifier applies the constraints of a root (RFC 5280 §6.1.1).
        ...constraints,
      ],
    },
    rootSigner,
  );
  return { root, issuing };
}

/** Makes a server's certificate. It ends with the authority's at the latest. */
export const makeLeaf = (
  names: AlternativeNames,
  publicKey: KeyObject,
  issuer: CertificateContents,
  { signer, now }: { readonly signer: Signer; readonly now: Date },
): Promise<Buffer> =>
  signCertificate(
    {
      subject: nameOf([...names.dns, ...names.ip][0] ?? 'localhost'),
      issuer: outlineOf(issuer.raw).subject,
      publicKey,
      notBefore: backdated(now),
      notAfter: earlier(after(now, DAYS_OF_LEAF), issuer.validTo),
      extensions: [
        basicConstraints(false),
        keyUsage(
          publicKey.asymmetricKeyType === 'rsa'
            ? ['digitalSignature', 'keyEncipherment']
            : ['digitalSignature'],
        ),
        extendedKeyUsage([EXTENDED_KEY_USAGES.serverAuth]),
        subjectAlternativeName(names, false),
        subjectKeyIdentifier(publicKey),
        authorityKeyIdentifier(keyIdentifierOf(issuer.publicKey)),
      ],
    },
    signer,
  );

/** Whether an authority may issue for all of the names. */
export function permits(authority: CertificateContents, names: AlternativeNames): boolean {
  const value = extensionValues(outlineOf(authority.raw)).get(NAME_CONSTRAINTS);
  return value !== undefined && outsideConstraints(names, false, readNameConstraints(value)).length === 0;
}

/** Apple's devices refuse more than 825 days; 397 are the most that browsers took from public authorities. */
const DAYS_OF_LEAF = 397;
const YEARS_OF_AUTHORITY = 10;
const DAY_MS = 86_400_000;

const after = (now: Date, days: number): Date => new Date(now.getTime() + days * DAY_MS);

/** Clocks of phones and virtual machines may be slow. */
const backdated = (now: Date): Date => new Date(now.getTime() - 300_000);

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

const nameOf = (commonName: string): EncodedName =>
  parseSubject(`CN="${commonName.replace(/["\\]/g, '').slice(0, 64)}", O=${ORGANIZATION}`);
