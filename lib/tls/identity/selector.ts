import { formatName, readName } from '../../formats/x509/distinguished-name.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { Candidates } from './candidates.js';
import { parseChoice, type CertificateChoice, type NamedOrStored } from './choice.js';

/** A server's request for a certificate. */
export interface CertificateRequest {
  /** DER of the names of the authorities that the server accepts; null if unknown; empty if it accepts any. */
  readonly issuers: readonly Buffer[] | null;
  /** The same as text, 'CN=…, O=…'. */
  readonly issuerNames: readonly string[] | null;
  /** The name that was sent by SNI; '' for none. */
  readonly servername: string;
  /**
   * Certificates of the user, then of the machine, that the server may accept: with a private key, valid now, for
   * clients, and of an accepted authority. They are closed when the choice is made.
   */
  candidates(): Promise<readonly Certificate[]>;
}

/** Chooses the certificate to show; null to show none. */
export type CertificateSelector = (
  request: CertificateRequest,
) => CertificateChoice | null | undefined | Promise<CertificateChoice | null | undefined>;

/** Names as text; a name that can't be read is shown as its bytes. */
export const issuerNamesOf = (issuers: readonly Uint8Array[]): string[] =>
  issuers.map((der) => {
    try {
      return formatName(readName(der));
    } catch {
      return `#${Buffer.from(der).toString('hex')}`;
    }
  });

/** What is known of a server when it asks. */
export interface AskedBy {
  readonly issuers: readonly Uint8Array[] | null;
  readonly servername: string;
}

/** The server decides how many names there are, so they become text only if the selector reads them. */
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
 * Calls a selector.
 * @returns null for no certificate
 * @throws what the selector throws; TypeError ERR_INVALID_ARG_TYPE, SchannelError ERR_SCHANNEL_KEY_MISSING,
 *   ERR_SCHANNEL_STORE_NAME for an invalid choice
 */
export async function askSelector(
  select: CertificateSelector,
  { issuers, servername }: AskedBy,
): Promise<NamedOrStored | null> {
  const candidates = new Candidates(issuers);
  try {
    const choice = await select(requestOf({ issuers, servername }, candidates));
    // The choice is read before the candidates are closed.
    return choice === null || choice === undefined ? null : parseChoice(choice);
  } finally {
    candidates.close();
  }
}
