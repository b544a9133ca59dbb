import type { KeyObject } from 'node:crypto';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { keyIdentifierIn, keyIdentifierOf } from '../../formats/x509/extension-writer.js';
import { EXTENSION, readPathLength } from '../../formats/x509/extensions.js';
import {
  NAME_CONSTRAINTS,
  type NameConstraints,
  readNameConstraints,
} from '../../formats/x509/name-constraints.js';
import { extensionValues, outlineOf } from '../../formats/x509/outline.js';

/** What an authority's own certificate, and those above it, allow it. */
export interface AuthorityCertificate {
  readonly contents: CertificateContents;
  /** Itself first, then its issuers as far as they are known. DER. */
  readonly chain: readonly Buffer[];
  /** Name, DER. */
  readonly encodedName: Uint8Array;
  readonly publicKey: KeyObject;
  readonly keyIdentifier: Uint8Array;
  /** How many authorities may be below it; null for any number. */
  readonly pathLength: number | null;
  /** Those of all certificates in the chain. */
  readonly constraints: readonly NameConstraints[];
}

/** @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE, and Error for extensions that cannot be read */
export function readAuthority(chain: readonly Buffer[]): AuthorityCertificate {
  const [first] = chain;
  if (first === undefined) throw new RangeError('an authority has a certificate');
  const contents = new CertificateContents(first);
  const outline = outlineOf(first);
  const { publicKey } = contents;
  const basic = extensionValues(outline).get(EXTENSION.basicConstraints);
  return {
    contents,
    chain,
    encodedName: outline.subject,
    publicKey,
    keyIdentifier: keyIdentifierIn(first) ?? keyIdentifierOf(publicKey),
    pathLength: basic === undefined ? null : readPathLength(basic),
    constraints: chain.flatMap(constraintsOf),
  };
}

function constraintsOf(certificate: Uint8Array): NameConstraints[] {
  const value = extensionValues(outlineOf(certificate)).get(NAME_CONSTRAINTS);
  return value === undefined ? [] : [readNameConstraints(value)];
}
