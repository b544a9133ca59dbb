import { decodeText, type Source } from './source.js';

/** DER of a request or a certificate begins with a SEQUENCE of more than 255 bytes. */
const BARE = /^\s*MI[A-Za-z0-9+/=\s]+$/;

/**
 * The DER of a text that is Base64 without the lines BEGIN and END, as web pages of authorities and mail programs pass
 * it on; null for anything else.
 */
export function bareBase64(source: Source): Buffer | null {
  const text = typeof source === 'string' ? source : decodeText(Buffer.from(source));
  return BARE.test(text) ? Buffer.from(text, 'base64') : null;
}
