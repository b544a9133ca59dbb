import { createHash, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { octetString } from '../../../formats/asn1/der-writer.js';
import { toPem } from '../../../formats/pem/pem-writer.js';
import { alternativeNames } from '../../../formats/x509/alternative-names.js';
import { signCertificate } from '../../../formats/x509/certificate-writer.js';
import { rawExtension, subjectAlternativeName } from '../../../formats/x509/extension-writer.js';
import { addressOctets } from '../../../formats/x509/ip-address.js';
import { signerOf } from '../../../formats/x509/key-signer.js';
import { commonName } from '../../../formats/x509/subject.js';
import type { Identifier } from '../protocol/resources.js';

/** A certificate that proves something to an ACME server and to nobody else, with its key. */
export interface ChallengeCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** It is of no use after the challenge. Clocks may differ by a day. */
const DAY_MS = 86_400_000;

/**
 * The certificate of TLS-ALPN-01 (RFC 8737 §3): self-signed, with one name, and with the digest of the key
 * authorization in a critical extension.
 */
export async function challengeCertificate(
  { type, value }: Identifier,
  keyAuthorization: string,
): Promise<ChallengeCertificate> {
  const key = await challengeKey();
  const signer = signerOf(key);
  const names = alternativeNames(type === 'ip' ? { ip: [value] } : { dns: [value] });
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const now = Date.now();
  const name = commonName('ACME challenge');
  const content = {
    subject: name,
    issuer: name,
    publicKey: signer.publicKey,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 7 * DAY_MS),
    extensions: [
      subjectAlternativeName(names, false),
      rawExtension(ACME_IDENTIFIER, octetString(digest), true),
    ],
  };
  return {
    cert: toPem('CERTIFICATE', await signCertificate(content, signer)),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** id-pe-acmeIdentifier (RFC 8737 §6.1). */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';

let made: Promise<KeyObject> | undefined;

/** One for the whole process, since it takes a while and proves nothing. RSA, because every Schannel serves it. */
function challengeKey(): Promise<KeyObject> {
  made ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(({ privateKey }) => privateKey);
  return made;
}

/**
 * The name by which an ACME server asks for a certificate of TLS-ALPN-01: the name itself. For an address, it is the
 * name of the reverse record (RFC 8738 §6).
 */
export function challengeServername({ type, value }: Identifier): string {
  const octets = type === 'ip' ? addressOctets(value) : null;
  if (octets === null) return value.toLowerCase();
  if (octets.length === 4) return `${[...octets].reverse().join('.')}.in-addr.arpa`;
  const digits = [...octets]
    .reverse()
    .flatMap((octet) => [octet & 15, octet >> 4].map((half) => half.toString(16)));
  return `${digits.join('.')}.ip6.arpa`;
}
