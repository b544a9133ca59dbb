import { setTimeout } from 'node:timers/promises';
import { type Duration, durationOf } from '../../windows/store/duration.js';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { CertificateRequest } from '../../formats/request/certificate-request.js';
import { readRequest } from '../../formats/request/request-reader.js';
import { type CertreqOptions, type RunCertreq, runCertreq, submitByCertreq } from './certreq.js';
import { type CertsrvOptions, submitByCertsrv } from './certsrv.js';
import type { Enrolment } from './enrolment.js';
import { type EstOptions, submitByEst } from './est.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { openKey } from '../../windows/key/keys.js';
import { type ScepKey, type ScepOptions, submitByScep } from './scep.js';
import { type Exchange, SCHANNEL_EXCHANGE } from './exchange.js';

/** Whom to ask: exactly one of the authorities. */
export interface SubmitOptions {
  /** A server of EST (RFC 7030). */
  readonly est?: EstOptions | undefined;
  /**
   * A server of SCEP (RFC 8894), for RSA keys. `key` is the key of the request, or where Windows keeps it:
   * `keyLocation` of a pending request.
   */
  readonly scep?: (Omit<ScepOptions, 'key'> & { readonly key: ScepKey | NativeKeyLocation }) | undefined;
  /** The web enrolment of AD CS. */
  readonly certsrv?: CertsrvOptions | undefined;
  /** AD CS by Windows' own certreq.exe, for members of its domain. */
  readonly certreq?: CertreqOptions | undefined;
  /**
   * How long to ask again while the request is pending: milliseconds or '5m'. Authorities say how often they want to be
   * asked. Default not at all.
   */
  readonly wait?: Duration | undefined;
  /**
   * Called with each answer that says that the request is pending, before it is asked for again. Keep the number then:
   * this process may end while it waits.
   */
  readonly onPending?: ((answer: Enrolment) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How authorities are reached. */
export interface SubmitSystem {
  readonly exchange: Exchange;
  readonly runCertreq: RunCertreq;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  readonly pause: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

const SYSTEM: SubmitSystem = {
  exchange: SCHANNEL_EXCHANGE,
  runCertreq,
  now: () => performance.now(),
  pause: (milliseconds, signal) =>
    setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }),
};

/** Seconds between two questions: what the authority wishes, within these limits. */
const INTERVAL = { least: 1, usual: 30, most: 600 } as const;

/**
 * Sends a request to an authority. The certificate comes at once, later (`pending`: ask again), or never (`denied`).
 * What comes has the key of the request; complete it with completeRequest().
 *
 * @param request PEM, DER, or one that was read
 * @throws TypeError ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE
 * @throws SchannelError ERR_SCHANNEL_ENROL_ANSWER, ERR_SCHANNEL_ENROL_UNAUTHORIZED, ERR_SCHANNEL_ENROL_UNTRUSTED,
 *   ERR_SCHANNEL_ENROL_TOOL_MISSING; as readRequest(); as connect() for the connection
 */
export async function submitRequest(
  request: string | Uint8Array | CertificateRequest,
  options: SubmitOptions,
  system: SubmitSystem = SYSTEM,
): Promise<Enrolment> {
  const { est, scep, certsrv, certreq, wait = 0 } = options;
  const end = system.now() + durationOf('wait', wait);
  if ([est, scep, certsrv, certreq].filter((each) => each !== undefined).length !== 1) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "Give one of the properties 'est', 'scep', 'certsrv' and 'certreq'",
    );
  }
  if (options.onPending !== undefined && typeof options.onPending !== 'function') {
    throw invalidType('onPending', 'of type function', options.onPending);
  }
  const read = request instanceof CertificateRequest ? request : readRequest(request);
  let answer = await ask(read, options, system);
  for (;;) {
    const seconds = Math.min(Math.max(answer.retryAfter ?? INTERVAL.usual, INTERVAL.least), INTERVAL.most);
    if (answer.state === 'pending') await options.onPending?.(answer);
    const left = end - system.now();
    // Without a number, asking AD CS again would be another request.
    const canAsk = options.est !== undefined || answer.id !== null;
    if (answer.state !== 'pending' || left <= 0 || !canAsk) return answer;
    await system.pause(Math.min(seconds * 1000, left), options.signal);
    answer = await ask(read, withNumber(options, answer.id), system);
  }
}

function ask(
  request: CertificateRequest,
  { est, scep, certsrv, certreq, signal }: SubmitOptions,
  { exchange, runCertreq: run }: SubmitSystem,
): Promise<Enrolment> {
  if (est !== undefined) return submitByEst(request, est, exchange, signal);
  if (scep !== undefined) return submitWithKey(request, scep, exchange, signal);
  if (certsrv !== undefined) return submitByCertsrv(request, certsrv, exchange, signal);
  if (certreq !== undefined) return submitByCertreq(request, certreq, run, signal);
  throw new RangeError('one authority was counted');
}

/** SCEP signs and decrypts with the key of the request. */
async function submitWithKey(
  request: CertificateRequest,
  { key, ...scep }: NonNullable<SubmitOptions['scep']>,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<Enrolment> {
  if (!('container' in key)) return submitByScep(request, { ...scep, key }, exchange, signal);
  const { container: name, provider, providerType, flags } = key;
  await using opened = await openKey({ name, provider, providerType, machine: (flags & MACHINE) !== 0 });
  return await submitByScep(request, { ...scep, key: opened }, exchange, signal);
}

/** CRYPT_MACHINE_KEYSET. */
const MACHINE = 0x20;

/** A second question is about the first request. Only EST sends it again (RFC 7030 §4.2.3). */
function withNumber(options: SubmitOptions, id: string | null): SubmitOptions {
  const { scep, certsrv, certreq } = options;
  if (id === null) return options;
  return {
    ...options,
    ...(scep === undefined ? {} : { scep: { ...scep, poll: true } }),
    ...(certsrv === undefined ? {} : { certsrv: { ...certsrv, id } }),
    ...(certreq === undefined ? {} : { certreq: { ...certreq, id } }),
  };
}
