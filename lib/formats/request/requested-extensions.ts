import { dotted, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { type DerLimits, readStrictDer } from '../asn1/strict-der.js';
import {
  EXTENSION,
  readIsAuthority,
  readKeyUsage,
  readTemplateName,
  readTemplateOid,
  readUsages,
} from '../x509/extensions.js';
import type { AlternativeNames } from '../x509/alternative-names.js';
import type { KeyUsage } from '../x509/usages.js';
import { damagedRequest, readPart } from './damaged-request.js';
import { readRequestedNames } from './requested-names.js';

/** What the extensions of a request ask for. */
export interface RequestedExtensions {
  readonly names: AlternativeNames;
  readonly otherNames: readonly string[];
  readonly keyUsage: readonly KeyUsage[] | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly isAuthority: boolean;
  readonly template: string | null;
  readonly unknownExtensions: readonly UnknownExtension[];
}

/** An extension that is not read here. */
export interface UnknownExtension {
  /** In dots. */
  readonly oid: string;
  readonly critical: boolean;
  /** DER. */
  readonly value: Uint8Array;
}

/** It says nothing that the key does not say. */
const SUBJECT_KEY_IDENTIFIER = EXTENSION.subjectKeyIdentifier;

/** @param extensions Extensions (RFC 5280 §4.1); null for none @throws SchannelError ERR_SCHANNEL_REQUEST_DAMAGED */
export function readRequestedExtensions(extensions: Span | null, limits: DerLimits): RequestedExtensions {
  const values = new Map<string, UnknownExtension>();
  for (const each of extensions === null ? [] : spansIn(extensions.content)) {
    const extension = readExtension(each);
    if (values.has(extension.oid)) throw damagedRequest(`the extension ${extension.oid} twice`);
    values.set(extension.oid, extension);
  }
  const read = <Value>(oid: string, part: string, reader: (value: Uint8Array) => Value): Value | null => {
    const found = values.get(oid);
    values.delete(oid);
    if (found === undefined) return null;
    return readPart(part, () => reader(readStrictDer(found.value, limits).raw));
  };
  const alternative = read(EXTENSION.subjectAltName, 'alternative names', (value) =>
    readRequestedNames(spanAt(value, 0)),
  );
  const keyUsage = read(EXTENSION.keyUsage, 'a key usage', readKeyUsage);
  const extendedKeyUsage = read(EXTENSION.extendedKeyUsage, 'purposes', readUsages);
  const isAuthority = read(EXTENSION.basicConstraints, 'basic constraints', readIsAuthority) ?? false;
  const templateName = read(EXTENSION.templateName, 'a template', readTemplateName);
  const templateOid = read(EXTENSION.template, 'a template', readTemplateOid);
  values.delete(SUBJECT_KEY_IDENTIFIER);
  return {
    names: alternative?.names ?? { dns: [], ip: [], email: [], upn: [], uri: [] },
    otherNames: alternative?.otherNames ?? [],
    keyUsage,
    extendedKeyUsage,
    isAuthority,
    template: templateName ?? templateOid,
    unknownExtensions: [...values.values()],
  };
}

/** Extension (RFC 5280 §4.1). DER leaves `critical` out when it is false. */
function readExtension({ tag, content }: Span): UnknownExtension {
  const parts = tag === 0x30 ? spansIn(content) : [];
  const [identifier] = parts;
  const value = parts.at(-1);
  const critical = parts.length === 3 ? parts[1] : undefined;
  const isComplete = parts.length === (critical === undefined ? 2 : 3);
  if (identifier?.tag !== 0x06 || value?.tag !== 0x04 || !isComplete || (critical?.tag ?? 0x01) !== 0x01) {
    throw damagedRequest('something else where an extension belongs');
  }
  return {
    oid: dotted(identifier.content),
    critical: critical !== undefined && critical.content[0] !== 0,
    value: value.content,
  };
}
