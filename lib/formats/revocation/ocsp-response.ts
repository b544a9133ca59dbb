import * as der from '../asn1/der-writer.js';
import { spanAt } from '../asn1/der-spans.js';
import { keyIdentifierOf, rawExtension } from '../x509/extension-writer.js';
import { signed, type Signer } from '../x509/signed.js';
import { OCSP_NONCE } from './ocsp-request.js';
import { type RevocationReason, REVOCATION_REASONS } from './reasons.js';

/** What is known about one certificate. */
export interface OcspAnswer {
  /** CertID of the question. */
  readonly id: Uint8Array;
  readonly status: 'good' | 'unknown' | { readonly revokedAt: Date; readonly reason: RevocationReason };
}

export interface OcspContent {
  readonly answers: readonly OcspAnswer[];
  readonly producedAt: Date;
  /** Since when the answers are right. Verifiers refuse one that is in their future (RFC 6960 §4.2.2.1). */
  readonly thisUpdate: Date;
  /** Until when the answers can be kept. */
  readonly nextUpdate: Date;
  /** From the request. */
  readonly nonce: Uint8Array | null;
  /** Certificate (DER) of the key that signs, if it is not the issuer's. */
  readonly responder: Uint8Array | null;
}

/**
 * OCSPResponse (RFC 6960 §4.2.1), DER. The signature is verified.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH, and what the signer throws
 */
export async function signOcspResponse(content: OcspContent, signer: Signer): Promise<Buffer> {
  const basic = await signed(() => bodyOf(content, signer), signer);
  const certificates = content.responder === null ? [] : [der.tagged(0, der.sequence(content.responder))];
  return der.sequence(
    der.enumerated(0),
    der.tagged(
      0,
      der.sequence(
        der.objectIdentifier(BASIC),
        der.octetString(der.sequence(spanAt(basic, 0).content, ...certificates)),
      ),
    ),
  );
}

/** id-pkix-ocsp-basic */
const BASIC = '1.3.6.1.5.5.7.48.1.1';

/** Answers that nobody signs (RFC 6960 §4.2.1), by their numbers. */
const REFUSALS = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const;

/** OCSPResponse without an answer, DER. */
export const ocspRefusal = (status: keyof typeof REFUSALS): Buffer =>
  der.sequence(der.enumerated(REFUSALS[status]));

/** ResponseData */
const bodyOf = (
  { answers, producedAt, thisUpdate, nextUpdate, nonce }: OcspContent,
  { publicKey }: Signer,
): Buffer =>
  der.sequence(
    der.tagged(2, der.octetString(keyIdentifierOf(publicKey))),
    der.generalizedTime(producedAt),
    der.sequenceOf(answers.map((answer) => answerOf(answer, thisUpdate, nextUpdate))),
    ...(nonce === null ? [] : [der.tagged(1, nonceExtension(nonce))]),
  );

const answerOf = ({ id, status }: OcspAnswer, thisUpdate: Date, nextUpdate: Date): Buffer =>
  der.sequence(
    id,
    statusOf(status),
    der.generalizedTime(thisUpdate),
    der.tagged(0, der.generalizedTime(nextUpdate)),
  );

function statusOf(status: OcspAnswer['status']): Buffer {
  if (status === 'good') return der.implicitOctets(0, NONE);
  if (status === 'unknown') return der.implicitOctets(2, NONE);
  const number = REVOCATION_REASONS[status.reason];
  const reason = number === 0 ? [] : [der.tagged(0, der.enumerated(number))];
  return der.tagged(1, der.generalizedTime(status.revokedAt), ...reason);
}

/** [number] IMPLICIT NULL has no content. */
const NONE = new Uint8Array(0);

const nonceExtension = (nonce: Uint8Array): Buffer => der.sequence(rawExtension(OCSP_NONCE, nonce));
