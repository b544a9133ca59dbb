import { createHash, generateKeyPairSync } from 'node:crypto';
import { MalformedDer } from '../../formats/asn1/der-spans.js';
import {
  type OcspHash,
  type OcspQuestion,
  type OcspRequest,
  readOcspRequest,
} from '../../formats/revocation/ocsp-request.js';
import { type OcspAnswer, ocspRefusal, signOcspResponse } from '../../formats/revocation/ocsp-response.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { toHex } from '../../base/text/hex.js';
import { signerOf } from '../../formats/x509/key-signer.js';
import { outlineOf } from '../../formats/x509/outline.js';
import { spanAt, spansIn } from '../../formats/asn1/der-spans.js';
import type { Signer } from '../../formats/x509/signed.js';
import type { AuthorityContext } from './context.js';
import { beginsAt } from './draft.js';
import { normalSerial } from './find.js';
import { issue } from './issue.js';
import type { CertificateRecord } from './state.js';

/** How long an answer can be kept. */
const ANSWER_MS = 86_400_000;

/** A new key is made when less of the responder's validity is left. */
const RENEW_MS = 2 * ANSWER_MS;

interface Responder {
  readonly signer: Signer;
  readonly certificate: Buffer;
  readonly validTo: Date;
}

/**
 * Answers questions about the revocation of the authority's certificates (RFC 6960). It signs with a key in memory,
 * which
 * the authority certifies for 30 days, so that the authority's key is not used for each question.
 */
export class OcspResponder {
  readonly #context: AuthorityContext;
  readonly #turns = new SerialQueue();
  #responder: Responder | null = null;

  constructor(context: AuthorityContext) {
    this.#context = context;
  }

  /**
   * @param request OCSPRequest, DER
   * @returns OCSPResponse, DER, for every request: one that cannot be read or is about another authority is refused
   */
  async answer(request: Uint8Array): Promise<Buffer> {
    let read: OcspRequest;
    try {
      read = readOcspRequest(request);
    } catch (error) {
      if (error instanceof MalformedDer) return ocspRefusal('malformedRequest');
      throw error;
    }
    const { questions, nonce } = read;
    // The questions of others are none of our business, and must not cost a signature.
    if (!questions.some((question) => this.#isOurs(question))) return ocspRefusal('unauthorized');
    await this.#context.ledger.refresh();
    const { signer, certificate } = await this.#ready();
    const now = this.#context.ledger.system.clock.now();
    return signOcspResponse(
      {
        answers: questions.map((question) => this.#answerTo(question)),
        producedAt: new Date(now),
        thisUpdate: beginsAt(now),
        nextUpdate: new Date(now + ANSWER_MS),
        nonce,
        responder: certificate,
      },
      signer,
    );
  }

  #answerTo(question: OcspQuestion): OcspAnswer {
    const { id, serialNumber } = question;
    const record = this.#isOurs(question)
      ? this.#context.state.records.get(normalSerial(toHex(serialNumber)))
      : undefined;
    return { id, status: record === undefined ? 'unknown' : statusOf(record) };
  }

  #isOurs({ hash, issuerNameHash, issuerKeyHash }: OcspQuestion): boolean {
    if (hash === null) return false;
    const { encodedName, contents } = this.#context.authority;
    return (
      hashed(hash, encodedName).equals(issuerNameHash) &&
      hashed(hash, keyBits(contents.raw)).equals(issuerKeyHash)
    );
  }

  /** The key that signs, certified for long enough. */
  #ready(): Promise<Responder> {
    return this.#turns.run(async () => {
      const now = this.#context.ledger.system.clock.now();
      if (this.#responder !== null && !this.#isEnding(this.#responder, now)) return this.#responder;
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const wish = { publicKey, subject: 'CN=OCSP responder' };
      const { certificate } = await issue(this.#context, wish, { template: 'ocsp' });
      if (certificate === null) throw new RangeError('only a dry run issues nothing');
      this.#responder = {
        signer: signerOf(privateKey),
        certificate: certificate.raw,
        validTo: certificate.validTo,
      };
      return this.#responder;
    });
  }

  /** Another one would not be valid for longer than the authority itself. */
  #isEnding({ validTo }: Responder, now: number): boolean {
    return validTo.getTime() - now <= RENEW_MS && validTo < this.#context.authority.contents.validTo;
  }
}

const hashed = (hash: OcspHash, bytes: Uint8Array): Buffer => createHash(hash).update(bytes).digest();

/** The key without its algorithm: what RFC 6960 §4.1.1 hashes. */
function keyBits(certificate: Uint8Array): Uint8Array {
  const [, bits] = spansIn(spanAt(outlineOf(certificate).publicKey, 0).content);
  return bits?.content.subarray(1) ?? new Uint8Array(0);
}

function statusOf({ revoked, state }: CertificateRecord): OcspAnswer['status'] {
  if (revoked !== null) return { revokedAt: revoked.at, reason: revoked.reason };
  // Nobody has a certificate that is still being signed.
  return state === 'issued' ? 'good' : 'unknown';
}
