import { SchannelError } from '../../base/errors/schannel-error.js';
import { plainHex } from '../../base/text/hex.js';
import { parseStoreName, type StoreName } from './store-name.js';

/** A certificate by store and thumbprint. */
export interface CertificateReference {
  /** Null if only the thumbprint was given. */
  readonly store: StoreName | null;
  /** SHA-1 (40 hexadecimal digits) or SHA-256 (64), upper case. */
  readonly thumbprint: string;
}

/**
 * Parses 'CurrentUser\\MY\\<thumbprint>', the form that curl also uses, or a bare thumbprint. The thumbprint may have
 * spaces or colons.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME
 */
export function parseReference(text: string): CertificateReference {
  const cut = Math.max(text.lastIndexOf('\\'), text.lastIndexOf('/'));
  const thumbprint = plainHex(text.slice(cut + 1));
  if (thumbprint === null || (thumbprint.length !== 40 && thumbprint.length !== 64)) {
    throw new SchannelError('ERR_SCHANNEL_STORE_NAME', `'${text}' does not name a certificate`, {
      phase: 'store',
      advice: "Name it as 'CurrentUser\\MY\\<thumbprint>': 40 hexadecimal digits (SHA-1) or 64 (SHA-256).",
    });
  }
  return { store: cut < 0 ? null : parseStoreName(text.slice(0, cut)), thumbprint };
}

/** 'CurrentUser\\MY\\<40 digits>'. */
export const formatReference = (path: string, thumbprint: string): string => `${path}\\${thumbprint}`;
