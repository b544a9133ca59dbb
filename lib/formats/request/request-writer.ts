import {
  integer,
  objectIdentifier,
  sequence,
  sequenceOf,
  setOf,
  tagged,
  utf8String,
} from '../asn1/der-writer.js';
import { type AlternativeNames, hasNames } from '../x509/alternative-names.js';
import {
  certificateTemplate,
  type EncodedExtension,
  extendedKeyUsage,
  keyUsage,
  subjectAlternativeName,
  templateName,
} from '../x509/extension-writer.js';
import type { RsaPadding, SignatureAlgorithm } from '../x509/signature-algorithm.js';
import { signed, type Signer } from '../x509/signed.js';
import type { EncodedName } from '../x509/subject.js';
import type { KeyUsage } from '../x509/usages.js';
import { ATTRIBUTE } from './attributes.js';
import type { CertificateTemplate } from './template.js';

/** What a certificate request says besides its key (RFC 2986 §4.1). */
export interface RequestContent {
  /** May be empty if there is a subject alternative name. */
  readonly subject: EncodedName;
  /** Asked of the authority, which may ignore them. */
  readonly extensions: readonly EncodedExtension[];
  /** A password that the authority expects, in SCEP and EST (RFC 2985 §5.4.1). Default none. */
  readonly challengePassword?: string | undefined;
}

/**
 * A certificate request (PKCS #10, DER), signed by the key that the certificate is for. The signature is verified.
 *
 * @param rsaDigest default SHA-256; curves have their own
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH, and what the signer throws
 */
export const signRequest = (
  content: RequestContent,
  key: Signer,
  padding?: RsaPadding,
  rsaDigest?: SignatureAlgorithm['digest'],
): Promise<Buffer> => signed(() => bodyOf(content, key), key, padding, rsaDigest);

/** CertificationRequestInfo (RFC 2986 §4.1), DER. The version is 0, and so is the tag of the attributes. */
function bodyOf({ subject, extensions, challengePassword }: RequestContent, { publicKey }: Signer): Buffer {
  const attributes = [
    ...(extensions.length === 0 ? [] : [attribute(ATTRIBUTE.extensionRequest, sequenceOf(extensions))]),
    ...(challengePassword === undefined
      ? []
      : [attribute(ATTRIBUTE.challengePassword, utf8String(challengePassword))]),
  ];
  return sequence(
    integer(0),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0, ...attributes.sort((one, other) => Buffer.compare(one, other))),
  );
}

const attribute = (type: string, value: Uint8Array): Buffer => sequence(objectIdentifier(type), setOf(value));

/** What a request asks for, in words. */
export interface RequestedFields {
  readonly names: AlternativeNames;
  readonly keyUsage: readonly KeyUsage[];
  /** Purposes by identifier. Empty means that the authority decides. */
  readonly extendedKeyUsage: readonly string[];
  /** The template of a Windows authority; null for none. */
  readonly template: CertificateTemplate | string | null;
}

/** The extensions that ask for it. @param hasSubject whether anything else names the subject */
export const requestedExtensions = (fields: RequestedFields, hasSubject: boolean): EncodedExtension[] => [
  ...(fields.keyUsage.length === 0 ? [] : [keyUsage(fields.keyUsage)]),
  ...(fields.extendedKeyUsage.length === 0 ? [] : [extendedKeyUsage(fields.extendedKeyUsage)]),
  ...(hasNames(fields.names) ? [subjectAlternativeName(fields.names, !hasSubject)] : []),
  ...templateExtensions(fields.template),
];

function templateExtensions(template: RequestedFields['template']): EncodedExtension[] {
  if (template === null) return [];
  if (typeof template === 'string') return [templateName(template)];
  return [certificateTemplate(template.oid, template.major, template.minor)];
}
