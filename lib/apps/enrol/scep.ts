import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { wipe } from '../../formats/asn1/wipe.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { withChallenge } from '../../formats/request/challenge.js';
import { issuerAndSubject, type ScepCipher, writeScepMessage } from '../../formats/scep/message-writer.js';
import { readEnvelope, readScepAnswer, type ScepAnswer } from '../../formats/scep/message-reader.js';
import { signSelf } from '../../formats/x509/certificate-writer.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import type { Signer } from '../../formats/x509/signed.js';
import {
  type AuthorityServer,
  certificatesIn,
  chainFor,
  type Enrolment,
  withoutDoubles,
} from './enrolment.js';
import { badAnswer } from './errors.js';
import type { EnrolAnswer, EnrolCall, Exchange } from './exchange.js';

/** The key of the request: a PrivateKey of this library has all of it. SCEP needs RSA. */
export interface ScepKey extends Signer {
  decrypt(data: Uint8Array, options: { readonly padding: 'pkcs1' }): Promise<Uint8Array>;
}

export interface ScepOptions extends Pick<AuthorityServer, 'url' | 'ca'> {
  readonly key: ScepKey;
  /** The password that the authority gave for this request. */
  readonly challenge?: string | undefined;
  /** SHA-256 of the authority's certificate, in hexadecimal. Required for an address with http:. */
  readonly fingerprint?: string | undefined;
  /** The request was sent before and is pending. Default false. */
  readonly poll?: boolean | undefined;
}

/** RFC 8894 §3.2.1.4.1. */
const FAILURES: ReadonlyMap<string | null, string> = new Map([
  ['0', 'it does not support the algorithm (badAlg)'],
  ['1', 'the message was changed on its way (badMessageCheck)'],
  ['2', 'it does not permit this request; perhaps the challenge is wrong (badRequest)'],
  ['3', 'the clocks differ (badTime)'],
  ['4', 'it knows no such certificate (badCertId)'],
]);

const DAY_MS = 86_400_000;

/** A client of SCEP (RFC 8894). */
export async function submitByScep(
  request: CertificateRequest,
  options: ScepOptions,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<Enrolment> {
  const { key } = options;
  checkKey(request, key.publicKey);
  const url = addressOf(options);
  const ca = options.ca;
  const tls = ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] };
  const ask = async (operation: string, call: Partial<EnrolCall> = {}): Promise<EnrolAnswer> => {
    const target = new URL(url);
    target.searchParams.set('operation', operation);
    const answer = await exchange({ method: 'GET', url: target, tls, signal, ...call });
    if (answer.status !== 200) {
      throw badAnswer(`The authority ${url.host} answered ${operation} with HTTP ${String(answer.status)}`);
    }
    return answer;
  };
  const authority = authorityIn(certificatesIn((await ask('GetCACert')).body, url.host), options, url.host);
  const capabilities = (await ask('GetCACaps')).body
    .subarray(0, 4096)
    .toString('latin1')
    .toLowerCase()
    .split(/\s+/);
  const { encodedSubject } = request;
  const now = Date.now();
  const own = await signSelf(
    { subject: encodedSubject, notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS) },
    key,
  );
  const transactionId = createHash('sha256')
    .update(key.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const senderNonce = randomBytes(16);
  const poll = options.poll === true;
  const message = await writeScepMessage(
    {
      messageType: poll ? '20' : '19',
      transactionId,
      senderNonce,
      content: poll
        ? issuerAndSubject(authority.recipient, encodedSubject)
        : options.challenge === undefined
          ? request.der
          : await withChallenge(request, options.challenge, key),
    },
    {
      certificate: authority.recipient,
      publicKey: certificateOf(authority.recipient).publicKey,
      cipher: cipherOf(capabilities),
    },
    key,
    own,
  );
  const answer = await ask('PKIOperation', {
    method: 'POST',
    headers: { 'content-type': 'application/x-pki-message' },
    body: message,
  });
  const read = readAnswer(answer, authority.signers, url.host);
  if (read.transactionId !== transactionId || !senderNonce.equals(read.recipientNonce ?? Buffer.alloc(0))) {
    throw badAnswer(`The authority ${url.host} answered another request`);
  }
  return enrolmentOf(read, request, key, authority.all, url.host);
}

async function enrolmentOf(
  { status, failInfo, transactionId, content }: ScepAnswer,
  request: CertificateRequest,
  key: ScepKey,
  authorities: readonly Buffer[],
  host: string,
): Promise<Enrolment> {
  const waiting = { chain: [], retryAfter: null };
  if (status === '3') return { ...waiting, state: 'pending', id: transactionId, reason: null };
  if (status === '2') {
    return { ...waiting, state: 'denied', id: null, reason: FAILURES.get(failInfo) ?? 'it gives no reason' };
  }
  if (status !== '0' || content === null) throw badAnswer(`The authority ${host} sent an unknown status`);
  const certificates = await opened(content, key, host);
  const chain = withoutDoubles([...chainFor(request, certificates, host), ...authorities]);
  return { state: 'issued', id: null, chain, reason: null, retryAfter: null };
}

async function opened(content: Uint8Array, key: ScepKey, host: string): Promise<Buffer> {
  const envelope = within(host, () => readEnvelope(content));
  const contentKey = await key.decrypt(envelope.encryptedKey, { padding: 'pkcs1' });
  try {
    return within(host, () => envelope.open(contentKey));
  } finally {
    wipe(contentKey);
  }
}

const readAnswer = ({ body }: EnrolAnswer, signers: readonly KeyObject[], host: string): ScepAnswer =>
  within(host, () => readScepAnswer(body, signers));

/** What cannot be read is the answer's fault. */
function within<Value>(host: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SchannelError)) throw error;
    throw badAnswer(`The authority ${host} sent an answer that cannot be read`, error);
  }
}

interface ScepAuthority {
  /** DER of the certificate that messages are encrypted for. */
  readonly recipient: Buffer;
  readonly signers: readonly KeyObject[];
  /** Those that belong to a chain. */
  readonly all: readonly Buffer[];
}

/** One certificate, or those of the authority and of the registration authorities in front of it. */
function authorityIn(
  certificates: readonly Buffer[],
  { fingerprint }: ScepOptions,
  host: string,
): ScepAuthority {
  const read = certificates.map((der) => ({ der, certificate: certificateOf(der) }));
  const wanted = fingerprint?.replace(/[\s:]/g, '').toLowerCase();
  const trusted = read.find(({ der }) => createHash('sha256').update(der).digest('hex') === wanted);
  if (wanted !== undefined && trusted === undefined) {
    throw new SchannelError(
      'ERR_SCHANNEL_ENROL_UNTRUSTED',
      `The authority ${host} has no certificate with the fingerprint that was given`,
      { advice: 'Compare the fingerprint with the one that the authority publishes. Nothing was sent.' },
    );
  }
  // With a fingerprint, only what that certificate has signed counts.
  const believed = read.filter(
    ({ certificate }) =>
      trusted === undefined ||
      certificate === trusted.certificate ||
      certificate.verify(trusted.certificate.publicKey),
  );
  const rsa = believed.filter(({ certificate }) => certificate.publicKey.asymmetricKeyType === 'rsa');
  const recipient = rsa.find(({ certificate }) => !certificate.ca) ?? rsa[0];
  if (recipient === undefined) throw badAnswer(`The authority ${host} has no RSA key, which SCEP needs`);
  return {
    recipient: recipient.der,
    signers: rsa.map(({ certificate }) => certificate.publicKey),
    all: believed.filter(({ certificate }) => certificate.ca).map(({ der }) => der),
  };
}

const cipherOf = (capabilities: readonly string[]): ScepCipher =>
  capabilities.includes('aes') || capabilities.includes('scepstandard') ? 'aes-128-cbc' : 'des-ede3-cbc';

function checkKey({ publicKey }: CertificateRequest, key: KeyObject): void {
  if (key.asymmetricKeyType === 'rsa' && publicKey.equals(key)) return;
  throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'key' must be the RSA key of the request");
}

/** @throws TypeError ERR_INVALID_ARG_VALUE: over plain http anyone could answer, so the authority must be known */
function addressOf({ url, fingerprint }: ScepOptions): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  const isSafe =
    address?.protocol === 'https:' || (address?.protocol === 'http:' && fingerprint !== undefined);
  if (address !== null && isSafe && address.username === '') return address;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'url' must begin with https://, or with http:// if 'fingerprint' is given",
  );
}
