import { readBundle } from '../../formats/x509/bundle.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { badAnswer } from './errors.js';

/** How an authority answers a request for a certificate. */
export interface Enrolment {
  readonly state: 'issued' | 'pending' | 'denied';
  /** What to ask for again, for authorities that number their requests. */
  readonly id: string | null;
  /** DER: the certificate, and the authorities that came with it. Empty unless it was issued. */
  readonly chain: readonly Buffer[];
  /** What the authority says, printable and shortened. */
  readonly reason: string | null;
  /** Seconds after which to ask again, as the authority wishes. */
  readonly retryAfter: number | null;
}

/** An authority that is asked over HTTPS. */
export interface AuthorityServer {
  /** 'https://ca.example/' */
  readonly url: string;
  /** Whom to trust instead of what Windows trusts: as `ca` of connect(). */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** The certificate in Windows that proves who is asking: as `certificate` of connect(). */
  readonly certificate?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Most certificates in an answer. */
const MOST = 32;

/** The certificates of an answer, that of the request first. @throws SchannelError ERR_SCHANNEL_ENROL_ANSWER */
export function chainFor(request: CertificateRequest, source: Uint8Array, host: string): Buffer[] {
  const certificates = certificatesIn(source, host);
  const leaf = certificates.findIndex((der) => isFor(request, der));
  if (leaf < 0) throw badAnswer(`The authority ${host} sent no certificate with the key of the request`);
  return [...certificates.splice(leaf, 1), ...certificates];
}

/** @throws SchannelError ERR_SCHANNEL_ENROL_ANSWER */
export function certificatesIn(source: Uint8Array, host: string): Buffer[] {
  try {
    return [...readBundle(source, undefined, MOST).certificates];
  } catch (error) {
    throw badAnswer(`The authority ${host} sent something else than certificates`, error);
  }
}

function isFor({ publicKey }: CertificateRequest, der: Uint8Array): boolean {
  try {
    return certificateOf(der).publicKey.equals(publicKey);
  } catch {
    return false;
  }
}

/** Certificates once each, in their order. */
export const withoutDoubles = (certificates: readonly Buffer[]): Buffer[] =>
  certificates.filter((der, index) => certificates.findIndex((other) => other.equals(der)) === index);

/** @throws TypeError ERR_INVALID_ARG_VALUE: requests and passwords only travel over HTTPS */
export function secureUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be an address that begins with https://, without user and password`,
  );
}

/** The header for user and password; none without a user. */
export const basicHeader = ({ user, password = '' }: AuthorityServer): Record<string, string> =>
  user === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` };
