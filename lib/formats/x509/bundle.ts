import { readElement } from '../asn1/element.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { FileBudget } from '../pbe/file-budget.js';
import { certificateInFile } from './certificate-of.js';
import { isKeyBlock } from '../private-key/private-key.js';
import { kindOfLabel } from '../pem/content-kind.js';
import { certificatesOfP7b, isP7b } from './p7b.js';
import { keyFormOf } from '../private-key/pkcs8.js';
import { otherContent } from '../pem/other-content.js';
import { recognize, type Source } from '../pem/source.js';
import { type PemBlock } from '../pem/pem-reader.js';
import { certificateWork } from './work.js';

/** The content of a file of certificates and keys. */
export interface Bundle {
  /** DER, in order. */
  readonly certificates: readonly Buffer[];
  /** Private keys, each as a source that {@link toPrivateKey} takes. */
  readonly keys: readonly Source[];
}

/**
 * The certificates and keys of PEM (any number of them), or DER (one certificate, one P7B or one key).
 *
 * @param budget of the file
 * @param limit of certificates and keys together
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for a certificate that cannot be read,
 *   ERR_SCHANNEL_IMPORT_UNRECOGNIZED if there is neither certificate nor key, ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS,
 *   ERR_SCHANNEL_IMPORT_TOO_LARGE, ERR_SCHANNEL_IMPORT_ITERATIONS
 */
export function readBundle(source: Source, budget = new FileBudget(), limit = Infinity): Bundle {
  const recognized = recognize(source, budget.read);
  const bundle =
    recognized.kind === 'pem'
      ? fromBlocks(recognized.blocks, budget, limit)
      : fromDer(recognized.bytes, budget);
  if (bundle.certificates.length > limit) throw tooManyItems(limit);
  if (bundle.certificates.length + bundle.keys.length > 0) return bundle;
  throw new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    `The file holds no certificate and no key: it is ${otherContent(source).what}`,
    { advice: 'Check that it is the right file.' },
  );
}

function fromBlocks(blocks: readonly PemBlock[], budget: FileBudget, limit: number): Bundle {
  const keys = blocks.filter(isKeyBlock).map(({ text }) => text);
  const certificates: Buffer[] = [];
  for (const block of blocks) {
    certificates.push(...certificatesOf(block, budget));
    if (keys.length + certificates.length > limit) throw tooManyItems(limit);
  }
  return { certificates, keys };
}

function certificatesOf({ label, der }: PemBlock, budget: FileBudget): Buffer[] {
  switch (kindOfLabel(label)) {
    case 'certificate':
      return [readCertificate(der, budget)];
    case 'p7b':
      return certificatesOfP7b(readElement(der, budget.read));
    default:
      return [];
  }
}

function fromDer(bytes: Uint8Array, budget: FileBudget): Bundle {
  const element = readElement(bytes, budget.read);
  if (keyFormOf(element) !== null) return { certificates: [], keys: [bytes] };
  const certificates = isP7b(element) ? certificatesOfP7b(element) : [readCertificate(bytes, budget)];
  return { certificates, keys: [] };
}

/** Only the certificate: a "TRUSTED CERTIFICATE" is followed by trust settings. */
function readCertificate(der: Uint8Array, { work }: FileBudget): Buffer {
  work.spend(certificateWork(der));
  return certificateInFile(der).raw;
}

export const tooManyItems = (limit: number): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS',
    `The file holds more than the ${limit} keys and certificates allowed`,
    { advice: 'If you trust the file, split it, or raise the limit.' },
  );
