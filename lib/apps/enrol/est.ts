import { createHash } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { decodeEst, encodeInLines, EST_FOLDER, EST_TYPES } from '../../formats/est/est-message.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import {
  type AuthorityServer,
  basicHeader,
  certificatesIn,
  chainFor,
  type Enrolment,
  secureUrl,
  withoutDoubles,
} from './enrolment.js';
import { badAnswer, textOf, unauthorized } from './errors.js';
import type { EnrolAnswer, EnrolCall, Exchange } from './exchange.js';

export interface EstOptions extends AuthorityServer {
  /**
   * SHA-256 of the authority's root, in hexadecimal, for an authority that this machine does not trust yet. The root is
   * fetched without trust and compared, and only then is anything else sent.
   */
  readonly fingerprint?: string | undefined;
  /** Renews the certificate that `certificate` shows (simplereenroll): subject and names stay. Default false. */
  readonly renew?: boolean | undefined;
}

/** A client of EST (RFC 7030). */
export async function submitByEst(
  request: CertificateRequest,
  options: EstOptions,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<Enrolment> {
  const base = folderOf(options.url);
  const host = base.host;
  const fetched =
    options.fingerprint === undefined
      ? null
      : await rootsOf(base, options.fingerprint, (call) => exchange({ ...call, signal }));
  const ca = fetched ?? options.ca;
  const tls: EnrolCall['tls'] = {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
  };
  const answer = await exchange({
    method: 'POST',
    url: operation(base, options.renew === true ? 'simplereenroll' : 'simpleenroll'),
    headers: {
      'content-type': EST_TYPES.request,
      'content-transfer-encoding': 'base64',
      ...basicHeader(options),
    },
    body: encodeInLines(request.der),
    tls,
    signal,
  });
  const enrolment = stateOf(answer, host, options);
  if (enrolment !== null) return enrolment;
  const own = chainFor(request, contentOf(answer, host), host);
  const authorities = await exchange({ method: 'GET', url: operation(base, 'cacerts'), tls, signal });
  const above = authorities.status === 200 ? certificatesIn(contentOf(authorities, host), host) : [];
  return {
    state: 'issued',
    id: null,
    chain: withoutDoubles([...own, ...above]),
    reason: null,
    retryAfter: null,
  };
}

/** Null for an answer with a certificate. */
function stateOf(answer: EnrolAnswer, host: string, options: EstOptions): Enrolment | null {
  const { status } = answer;
  if (status === 200) return null;
  const reason = textOf(answer);
  if (status === 202) {
    return { state: 'pending', id: null, chain: [], reason, retryAfter: secondsOf(answer) };
  }
  if (status === 401 || status === 403) {
    throw unauthorized(host, means(options), reason);
  }
  if (status === 404) throw badAnswer(`There is no EST at ${host} (404)`);
  if (status >= 400 && status < 500) {
    return { state: 'denied', id: null, chain: [], reason, retryAfter: null };
  }
  throw badAnswer(
    `The authority ${host} answered with HTTP ${String(status)}${reason === null ? '' : `: ${reason}`}`,
  );
}

/** How the request proved who it is from. */
function means({ user, certificate }: EstOptions): string {
  if (user !== undefined) return 'user and password';
  return certificate === undefined
    ? 'a request without user and certificate'
    : 'the certificate of the request';
}

/** RFC 9110 §10.2.3: seconds or a date. */
function secondsOf({ headers }: EnrolAnswer): number | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - Date.now()) / 1000));
}

/** @throws SchannelError ERR_SCHANNEL_ENROL_ANSWER */
function contentOf({ body }: EnrolAnswer, host: string): Buffer {
  const der = decodeEst(body.toString('latin1'));
  if (der === null) throw badAnswer(`The authority ${host} sent something else than Base64`);
  return der;
}

/** An address without a path stands for the folder that every server of EST has. */
function folderOf(text: string): URL {
  const url = secureUrl('url', text);
  const path = url.pathname === '/' ? EST_FOLDER : url.pathname.replace(/\/+$/, '');
  return new URL(`${path}/`, url.origin);
}

const operation = (folder: URL, name: string): URL => new URL(name, folder);

/** The root with this fingerprint and what else the authority shows, PEM. */
async function rootsOf(
  base: URL,
  fingerprint: string,
  exchange: (call: EnrolCall) => Promise<EnrolAnswer>,
): Promise<string[]> {
  const wanted = fingerprint.replace(/[\s:]/g, '').toLowerCase();
  if (!/^[\da-f]{64}$/.test(wanted)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "The property 'fingerprint' must be a SHA-256 in hexadecimal",
    );
  }
  const answer = await exchange({
    method: 'GET',
    url: operation(base, 'cacerts'),
    // RFC 7030 §4.1.1: what comes is only believed if its fingerprint is right.
    tls: { rejectUnauthorized: false },
  });
  if (answer.status !== 200) throw badAnswer(`There is no EST at ${base.host} (${String(answer.status)})`);
  const certificates = certificatesIn(contentOf(answer, base.host), base.host);
  const root = certificates.find((der) => createHash('sha256').update(der).digest('hex') === wanted);
  if (root === undefined) {
    throw new SchannelError(
      'ERR_SCHANNEL_ENROL_UNTRUSTED',
      `The authority ${base.host} has no certificate with the fingerprint that was given`,
      { advice: 'Compare the fingerprint with the one that the authority publishes. Nothing was sent.' },
    );
  }
  return [pemOfCertificate(root)];
}
