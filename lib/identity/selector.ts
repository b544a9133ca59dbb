import type { NativeKeyLocation } from '../native/store-binding.js';
import { formatName, readName } from '../store/distinguished-name.js';

/** A certificate with its key's place, such as a Certificate of schannel/store; it may be closed meanwhile. */
export interface CertificateWithKey {
  /** DER. */
  readonly raw: Uint8Array;
  readonly keyLocation: NativeKeyLocation | null;
}

/** A certificate of Windows: itself, or 'CurrentUser\\MY\\<thumbprint>', or its thumbprint alone. */
export type CertificateChoice = CertificateWithKey | string;

/** What a server asks a client certificate with. */
export interface CertificateRequest {
  /** DER of the names of the authorities that the server accepts; null where it is not known, none given: any. */
  readonly issuers: readonly Buffer[] | null;
  /** The same as text, 'CN=…, O=…'. */
  readonly issuerNames: readonly string[] | null;
  /** What was sent by SNI; '' for none. */
  readonly servername: string;
  /**
   * Certificates of the user, then of the machine, that could serve: with a private key, valid now, for clients, and
   * of an authority that the server accepts. Closed when the choice is made.
   */
  candidates(): Promise<readonly CertificateWithKey[]>;
}

/** Chooses the certificate to show; null shows none. */
export type CertificateSelector = (
  request: CertificateRequest,
) => CertificateChoice | null | undefined | Promise<CertificateChoice | null | undefined>;

/** Names as text; one that cannot be read is shown as its bytes. */
export const issuerNamesOf = (issuers: readonly Uint8Array[]): string[] =>
  issuers.map((der) => {
    try {
      return formatName(readName(der));
    } catch {
      return `#${Buffer.from(der).toString('hex')}`;
    }
  });
