import { damaged } from '../asn1/damaged.js';
import { readElement } from '../asn1/element.js';
import { printableList } from '../errors/printable.js';
import { SchannelError } from '../errors/schannel-error.js';
import { certificateOf } from './certificate-of.js';
import { certificatesOfP7b, isP7b } from './p7b.js';
import { keyFormOf } from './pkcs8.js';
import { recognize, type Source } from './source.js';
import { type PemBlock } from './split.js';

/** What a file of certificates and keys holds. */
export interface Bundle {
  /** DER, in order. */
  readonly certificates: readonly Buffer[];
  /** Private keys, each as a source that {@link toPrivateKey} takes. */
  readonly keys: readonly Source[];
  /** Labels of the blocks that are neither: 'EC PARAMETERS', 'DH PARAMETERS', 'CERTIFICATE REQUEST', … */
  readonly others: readonly string[];
}

const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const P7B_LABELS = new Set(['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA', 'CERTIFICATE CHAIN']);
const KEY_LABELS = new Set(['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY']);

/** Whether a block is a private key. */
export const isKeyBlock = ({ label }: PemBlock): boolean => KEY_LABELS.has(label);

/**
 * The certificates and keys of PEM (any number of them), or DER (one certificate, one P7B or one key).
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for a certificate that cannot be read,
 * ERR_SCHANNEL_IMPORT_UNRECOGNIZED when there is neither certificate nor key
 */
export function readBundle(source: Source): Bundle {
  const recognized = recognize(source);
  const bundle = recognized.kind === 'pem' ? fromBlocks(recognized.blocks) : fromDer(recognized.bytes);
  if (bundle.certificates.length + bundle.keys.length > 0) return bundle;
  throw new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    bundle.others.length === 0
      ? 'The file holds no certificate and no key'
      : `The file holds no certificate and no key, only ${printableList([...new Set(bundle.others)])}`,
    { advice: 'Check that it is the right file.' },
  );
}

function fromBlocks(blocks: readonly PemBlock[]): Bundle {
  return {
    certificates: blocks.flatMap(certificatesOf),
    keys: blocks.filter(isKeyBlock).map(({ text }) => text),
    others: blocks
      .filter((block) => !isKeyBlock(block) && !isCertificateBlock(block))
      .map(({ label }) => label),
  };
}

const isCertificateBlock = ({ label }: PemBlock): boolean =>
  CERTIFICATE_LABELS.has(label) || P7B_LABELS.has(label);

function certificatesOf({ label, der }: PemBlock): Buffer[] {
  if (CERTIFICATE_LABELS.has(label)) return [readCertificate(der)];
  return P7B_LABELS.has(label) ? certificatesOfP7b(der) : [];
}

function fromDer(bytes: Uint8Array): Bundle {
  const element = readElement(bytes);
  if (keyFormOf(element) !== null) return { certificates: [], keys: [bytes], others: [] };
  const certificates = isP7b(element) ? certificatesOfP7b(bytes) : [readCertificate(bytes)];
  return { certificates, keys: [], others: [] };
}

/** Only the certificate: "TRUSTED" ones have trust settings behind it. */
function readCertificate(der: Uint8Array): Buffer {
  try {
    return certificateOf(der).raw;
  } catch (cause) {
    throw damaged('a certificate that cannot be read', cause);
  }
}
