import { SchannelError } from '../errors/schannel-error.js';
import { certificateOf } from '../pem/certificate-of.js';
import { blocksOf, type BlockSource } from './pem-blocks.js';

/** One element of the `ca` option: PEM (one certificate or several, with any text between them) or the DER of one. */
export type CaSource = BlockSource;

/** What OpenSSL takes for a certificate; "TRUSTED" ones have trust settings behind the certificate. */
const LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/**
 * DER of every certificate in the `ca` option, in order. A source without any certificate adds nothing, as in
 * node:tls; DER, which node:tls ignores, is understood.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a certificate that cannot be read
 */
export const parseCaList = (ca: CaSource | readonly CaSource[]): Uint8Array[] =>
  blocksOf(ca, 'options.ca', LABELS).map(readCertificate);

/** OpenSSL reads one certificate and leaves what follows alone, so `raw` is without it. */
function readCertificate(der: Buffer): Uint8Array {
  try {
    return certificateOf(der).raw;
  } catch (cause) {
    throw new SchannelError(
      'ERR_SCHANNEL_OPTION_CERTIFICATE',
      'The option ca holds a certificate that cannot be read',
      {
        phase: 'credential',
        advice: 'Check that the file is complete and that it is PEM or DER.',
        cause,
      },
    );
  }
}
