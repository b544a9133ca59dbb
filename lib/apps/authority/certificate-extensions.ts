import type { KeyObject } from 'node:crypto';
import { type AlternativeNames, hasNames } from '../../formats/x509/alternative-names.js';
import * as extensions from '../../formats/x509/extension-writer.js';
import type { KeyUsage } from '../../formats/x509/usages.js';
import type { Addresses } from './addresses.js';
import type { Template } from './template.js';

/** What decides about the extensions of a certificate. */
export interface ExtensionPlan {
  readonly template: Template;
  readonly publicKey: KeyObject;
  readonly keyUsage: readonly KeyUsage[];
  readonly names: AlternativeNames;
  readonly hasSubject: boolean;
  /** Key identifier of the issuer; null for a root. */
  readonly issuerKey: Uint8Array | null;
  /** Of the issuer; null if it publishes nothing. */
  readonly addresses: Addresses | null;
  readonly constraints: Constraints | null;
}

/** What an authority may issue for. */
export interface Constraints {
  readonly permitted: extensions.NameTrees;
  readonly excluded: extensions.NameTrees;
}

/** The extensions of a certificate: those of its template, and no others. */
export function extensionsFor(plan: ExtensionPlan): extensions.EncodedExtension[] {
  const { template, publicKey, keyUsage, names, issuerKey, addresses, constraints } = plan;
  const { pathLength, extendedKeyUsage } = template;
  return [
    pathLength === null ? extensions.basicConstraints(false) : extensions.basicConstraints(true, pathLength),
    extensions.keyUsage(keyUsage),
    ...(extendedKeyUsage.length === 0 ? [] : [extensions.extendedKeyUsage(extendedKeyUsage)]),
    ...(hasNames(names) ? [extensions.subjectAlternativeName(names, !plan.hasSubject)] : []),
    ...(constraints === null
      ? []
      : [extensions.nameConstraints(constraints.permitted, constraints.excluded)]),
    extensions.subjectKeyIdentifier(publicKey),
    ...(issuerKey === null ? [] : [extensions.authorityKeyIdentifier(issuerKey)]),
    ...(addresses === null || !template.revocation
      ? []
      : [
          extensions.revocationListAt(addresses.list),
          extensions.authorityInformation({ issuer: addresses.certificate, ocsp: addresses.ocsp }),
        ]),
    ...(template.noRevocationCheck ? [extensions.noRevocationCheck()] : []),
  ];
}
