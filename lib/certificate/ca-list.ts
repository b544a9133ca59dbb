import { X509Certificate } from 'node:crypto';
import { SchannelError } from '../errors/schannel-error.js';
import { invalidType } from '../errors/argument-error.js';

/** One element of the `ca` option: PEM (one certificate or several, with any text between them) or the DER of one. */
export type CaSource = string | Uint8Array;

/**
 * DER of every certificate in the `ca` option, in order. A source without any certificate adds nothing, as in
 * node:tls; DER, which node:tls ignores, is understood.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a certificate that cannot be read
 */
export function parseCaList(ca: CaSource | readonly CaSource[]): Uint8Array[] {
  const sources = Array.isArray(ca) ? (ca as readonly unknown[]) : [ca];
  return sources.flatMap(parseSource);
}

function parseSource(source: unknown): Uint8Array[] {
  if (typeof source === 'string') return parsePem(source);
  if (!ArrayBuffer.isView(source)) {
    throw invalidType(
      'options.ca',
      'of type string or an instance of Buffer, TypedArray, or DataView',
      source,
    );
  }
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  // A certificate is a SEQUENCE with a length of two bytes or more; PEM is text and cannot start so.
  const isDer = bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80;
  return isDer ? [readCertificate(bytes)] : parsePem(bytes.toString('latin1'));
}

/** The labels OpenSSL takes for a certificate; "TRUSTED" ones have trust settings behind the certificate. */
const BLOCK =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const parsePem = (text: string): Uint8Array[] =>
  [...text.matchAll(BLOCK)].map(([, body]) => readCertificate(Buffer.from(body ?? '', 'base64')));

/** OpenSSL reads one certificate and leaves what follows alone, so `raw` is without it. */
function readCertificate(der: Buffer): Uint8Array {
  try {
    return new X509Certificate(der).raw;
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
