import { type ReadBudget } from '../asn1/read-budget.js';
import { splitPem, type PemBlock } from './pem-reader.js';

/** Text, or bytes that are text (PEM) or DER. */
export type Source = string | Uint8Array;

/** A source as PEM or DER, distinguished by its first byte. */
export type Recognized =
  | { readonly kind: 'pem'; readonly blocks: readonly PemBlock[] }
  | { readonly kind: 'der'; readonly bytes: Uint8Array };

/**
 * DER of certificates and keys starts with a SEQUENCE. Its first byte is '0', with which no PEM text starts.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function recognize(source: Source, budget: ReadBudget): Recognized {
  if (typeof source === 'string') return { kind: 'pem', blocks: splitPem(source, budget) };
  const isDer = source[0] === 0x30 && ((source[1] ?? 0) >= 0x80 || source.length === 2 + (source[1] ?? 0));
  if (isDer) return { kind: 'der', bytes: source };
  const view = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return { kind: 'pem', blocks: splitPem(decodeText(view), budget) };
}

/** Notepad and PowerShell 5 save text as UTF-16; Notepad in either byte order. */
export function decodeText(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfffe) return bytes.toString('utf16le');
  if (mark !== 0xfeff) return bytes.toString('latin1');
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}
