import { formatName, readName } from '../../formats/x509/distinguished-name.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { Candidates } from './candidates.js';
import { parseChoice, type CertificateChoice, type NamedOrStored } from './choice.js';

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
  candidates(): Promise<readonly Certificate[]>;
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

/** What a server has said by the time it asks. */
export interface AskedBy {
  readonly issuers: readonly Uint8Array[] | null;
  readonly servername: string;
}

/** The names are the server's to fill: they are only made into text for a selector that looks at them. */
function requestOf({ issuers, servername }: AskedBy, candidates: Candidates): CertificateRequest {
  let names: readonly string[] | undefined;
  return {
    issuers: issuers?.map((der) => Buffer.from(der)) ?? null,
    get issuerNames() {
      return issuers && (names ??= issuerNamesOf(issuers));
    },
    servername,
    candidates: () => candidates.list(),
  };
}

/**
 * Has a selector choose.
 * @returns null for no certificate
 * @throws what the selector throws; TypeError ERR_INVALID_ARG_TYPE, SchannelError ERR_SCHANNEL_KEY_MISSING,
 *   ERR_SCHANNEL_STORE_NAME for what it chose
 */
export async function askSelector(
  select: CertificateSelector,
  { issuers, servername }: AskedBy,
): Promise<NamedOrStored | null> {
  const candidates = new Candidates(issuers);
  try {
    const choice = await select(requestOf({ issuers, servername }, candidates));
    // Read before they are closed.
    return choice === null || choice === undefined ? null : parseChoice(choice);
  } finally {
    candidates.close();
  }
}
