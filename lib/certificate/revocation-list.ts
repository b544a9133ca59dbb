import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Certificate,
  CertificateList,
  type Extension,
  type Name,
  type RevokedCertificate,
} from '@peculiar/asn1-x509';
import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { SchannelError } from '../errors/schannel-error.js';
import { blocksOf, type BlockSource } from './pem-blocks.js';

/** A list of revoked certificates (RFC 5280 §5), given by the program rather than fetched by Windows. */
export interface RevocationList {
  readonly thisUpdate: Date;
  /** Null where the list does not say until when it holds. */
  readonly nextUpdate: Date | null;
  /** It covers all that its issuer has issued, and says nothing that is not understood here. */
  readonly isComplete: boolean;
  /** @param serialNumber hexadecimal, as X509Certificate has it */
  revokes(serialNumber: string): boolean;
  /** Its issuer has the name of this certificate's owner. */
  isNamedAs(issuer: X509Certificate): boolean;
  isSignedBy(key: KeyObject): boolean;
}

/**
 * The lists in the option `crl`, in order: PEM, any number in one string, or DER.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a list that cannot be read, and for a source without any
 */
export function parseRevocationLists(crl: BlockSource | readonly BlockSource[]): RevocationList[] {
  const sources = Array.isArray(crl) ? (crl as readonly BlockSource[]) : [crl as BlockSource];
  return sources.flatMap((source) => {
    const blocks = blocksOf(source, 'options.crl', ['X509 CRL']);
    // Nobody is revoked by a list that is not there.
    if (blocks.length === 0) throw unreadable();
    return blocks.map(read);
  });
}

function read(der: Buffer): RevocationList {
  try {
    return fromParsed(AsnConvert.parse(der, CertificateList));
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** For hash and signature together; null: the key's own (RFC 8410). Sources: RFC 3279, RFC 4055, RFC 5758. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};

function fromParsed(list: CertificateList): RevocationList {
  const { issuer, thisUpdate, nextUpdate, revokedCertificates = [], crlExtensions = [] } = list.tbsCertList;
  const serialNumbers = new Set(revokedCertificates.map(({ userCertificate }) => hexOf(userCertificate)));
  const signed = Buffer.from(list.tbsCertListRaw ?? new ArrayBuffer(0));
  const signature = Buffer.from(list.signature);
  const name = bytesOf(issuer);
  const digest = DIGESTS[list.signatureAlgorithm.algorithm];
  return {
    thisUpdate: thisUpdate.getTime(),
    nextUpdate: nextUpdate?.getTime() ?? null,
    isComplete: !isCritical(crlExtensions) && !revokedCertificates.some(isSpecial),
    revokes: (serialNumber) => serialNumbers.has(withoutZeros(serialNumber)),
    isNamedAs: ({ raw }) => bytesOf(AsnConvert.parse(raw, Certificate).tbsCertificate.subject).equals(name),
    isSignedBy: remembered((key) => digest !== undefined && isSignature(digest, signed, key, signature)),
  };
}

/** DER, the same for equal names whoever wrote them. */
const bytesOf = (name: Name): Buffer => Buffer.from(AsnConvert.serialize(name));

/** Asked again for every connection, of lists that may have megabytes. */
function remembered(test: (key: KeyObject) => boolean): (key: KeyObject) => boolean {
  const answers = new Map<string, boolean>();
  return (key) => {
    const name = key.export({ format: 'der', type: 'spki' }).toString('base64');
    const answer = answers.get(name) ?? test(key);
    answers.set(name, answer);
    return answer;
  };
}

/** OpenSSL throws over a key of another kind than the signature's. */
function isSignature(digest: string | null, signed: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, signed, key, signature);
  } catch {
    return false;
  }
}

/** Of a part of all certificates, or of changes to another list (RFC 5280 §5.2): nothing is made of those. */
const isCritical = (extensions: readonly Extension[]): boolean => extensions.some(({ critical }) => critical);

/** An entry of another issuer (RFC 5280 §5.3.3), for example. */
const isSpecial = ({ crlEntryExtensions = [] }: RevokedCertificate): boolean =>
  isCritical(crlEntryExtensions);

const hexOf = (bytes: ArrayBuffer): string => withoutZeros(Buffer.from(bytes).toString('hex'));

const withoutZeros = (hex: string): string => hex.toUpperCase().replace(/^0+(?=.)/, '');

function unreadable(cause?: unknown): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_OPTION_CERTIFICATE',
    'The option crl holds no revocation list that can be read',
    {
      phase: 'credential',
      advice: 'Check that the file is complete, that it is PEM ("X509 CRL") or DER, and a revocation list.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
