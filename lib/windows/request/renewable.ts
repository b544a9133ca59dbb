import type { KeyObject } from 'node:crypto';
import { dotted, spanAt, spansIn } from '../../formats/asn1/der-spans.js';
import type { CertificateTemplate } from '../../formats/request/template.js';
import { readable } from '../../formats/x509/certificate-of.js';
import {
  EXTENSION,
  NO_NAMES,
  readAlternativeNames,
  readTemplateName,
} from '../../formats/x509/extensions.js';
import { extensionValues, outlineOf } from '../../formats/x509/outline.js';
import type { GenerateKeyOptions } from '../key/generate.js';
import { KEY_PROVIDERS } from '../key/providers.js';
import type { Certificate } from '../store/certificate.js';
import { publicKeyIn } from './stand-in.js';
import type { Renewable } from './parse-options.js';

/** What a certificate says that its successor will say too. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export function renewableOf(certificate: Certificate): Renewable {
  const outline = outlineOf(certificate.raw);
  return readable(() => {
    const values = extensionValues(outline);
    const alternative = values.get(EXTENSION.subjectAltName);
    const names = alternative === undefined ? NO_NAMES : readAlternativeNames(alternative);
    return {
      subject: outline.subject,
      names: {
        dns: names.dnsNames,
        ip: names.ipAddresses,
        email: names.emailAddresses,
        upn: names.upns,
        uri: names.uris,
      },
      keyUsage: certificate.keyUsage,
      extendedKeyUsage: certificate.encodedKeyUsage,
      template: templateIn(values),
    };
  });
}

function templateIn(values: ReadonlyMap<string, Uint8Array>): CertificateTemplate | string | null {
  const version1 = values.get(EXTENSION.templateName);
  if (version1 !== undefined) return readTemplateName(version1);
  const later = values.get(EXTENSION.template);
  if (later === undefined) return null;
  const [oid, major, minor] = spansIn(spanAt(later, 0).content);
  if (oid === undefined || major === undefined) return null;
  return {
    oid: dotted(oid.content),
    major: numberOf(major.content),
    ...(minor !== undefined && { minor: numberOf(minor.content) }),
  };
}

const numberOf = (content: Uint8Array): number => content.reduce((sum, byte) => sum * 256 + byte, 0);

const CURVES: Readonly<Record<string, 'P-256' | 'P-384' | 'P-521'>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** A new key like that of the certificate: the same type, at least as long, and in a TPM if that one is. */
export function keyLike(certificate: Certificate): GenerateKeyOptions {
  const key = publicKeyIn(certificate);
  const inTpm = certificate.keyLocation?.provider === KEY_PROVIDERS.tpm;
  return { ...typeOf(key), ...(inTpm && { provider: 'tpm' }) };
}

function typeOf(key: KeyObject | null): GenerateKeyOptions {
  const { namedCurve, modulusLength } = key?.asymmetricKeyDetails ?? {};
  const curve = namedCurve === undefined ? undefined : CURVES[namedCurve];
  if (curve !== undefined) return { algorithm: 'ec', namedCurve: curve };
  return { algorithm: 'rsa', modulusLength: Math.max(modulusLength ?? 2048, 2048) };
}
