import * as der from '../asn1/der-writer.js';
import { authorityKeyIdentifier, rawExtension } from '../x509/extension-writer.js';
import { signed, type Signer } from '../x509/signed.js';
import type { RsaPadding } from '../x509/signature-algorithm.js';
import { REASON_NAMES, type RevocationReason, REVOCATION_REASONS } from './reasons.js';

/** An entry of a revocation list. */
export interface RevokedCertificate {
  readonly serialNumber: Uint8Array;
  readonly at: Date;
  /** 'unspecified' is not written (RFC 5280 §5.3.1). */
  readonly reason: RevocationReason;
}

/** A revocation list before it is signed (RFC 5280 §5.1). It covers all certificates of its issuer. */
export interface RevocationListContent {
  /** Name of the issuer, DER. */
  readonly issuer: Uint8Array;
  /** Subject key identifier of the issuer. */
  readonly keyIdentifier: Uint8Array;
  /** Grows with each list of an issuer (RFC 5280 §5.2.3). */
  readonly number: number;
  readonly thisUpdate: Date;
  /** When its readers need another one. */
  readonly nextUpdate: Date;
  /**
   * When the next one can be fetched (szOID_CRL_NEXT_PUBLISH). Windows then does not wait until `nextUpdate`, when the
   * list in its cache expires.
   */
  readonly nextPublish: Date;
  readonly revoked: readonly RevokedCertificate[];
}

/**
 * A revocation list (DER), version 2. The signature is verified.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH, and what the signer throws
 */
export const signRevocationList = (
  content: RevocationListContent,
  signer: Signer,
  padding?: RsaPadding,
): Promise<Buffer> => signed((algorithm) => bodyOf(content, algorithm), signer, padding);

/** TBSCertList. The entries do not pass through asn1-schema, which takes fifteen seconds for 50,000 of them. */
function bodyOf(content: RevocationListContent, algorithm: Uint8Array): Buffer {
  const { issuer, thisUpdate, nextUpdate, revoked } = content;
  return der.sequence(
    der.integer(1),
    algorithm,
    issuer,
    der.time(thisUpdate),
    der.time(nextUpdate),
    // An empty list must be absent (RFC 5280 §5.1.2.6).
    ...(revoked.length === 0 ? [] : [der.sequenceOf(revoked.map(entryOf))]),
    der.tagged(0, extensionsOf(content)),
  );
}

const extensionsOf = ({ keyIdentifier, number, nextPublish }: RevocationListContent): Buffer =>
  der.sequence(
    authorityKeyIdentifier(keyIdentifier),
    rawExtension(CRL_NUMBER, der.integer(number)),
    rawExtension(NEXT_PUBLISH, der.time(nextPublish)),
  );

const CRL_NUMBER = '2.5.29.20';
/** szOID_CRL_NEXT_PUBLISH */
const NEXT_PUBLISH = '1.3.6.1.4.1.311.21.4';

const entryOf = ({ serialNumber, at, reason }: RevokedCertificate): Buffer =>
  der.sequence(der.unsigned(serialNumber), der.time(at), ...(REASON_EXTENSIONS.get(reason) ?? []));

/** Entry extensions with the reason code; they are the same in every entry. */
const REASON_EXTENSIONS: ReadonlyMap<RevocationReason, readonly Buffer[]> = new Map(
  REASON_NAMES.filter((name) => name !== 'unspecified').map((name) => {
    const code = der.octetString(der.enumerated(REVOCATION_REASONS[name]));
    return [name, [der.sequence(der.sequence(der.objectIdentifier('2.5.29.21'), code))]];
  }),
);
