import type { IncomingMessage, ServerResponse } from 'node:http';
import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import {
  certsOnly,
  decodeEst,
  encodeInLines,
  encodeOnOneLine,
  EST_FOLDER,
  EST_TYPES,
} from '../../formats/est/est-message.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { readRequest } from '../../formats/request/request-reader.js';
import type { CertificateAuthority } from './certificate-authority.js';
import type { AuthorityHandler } from './handler.js';
import type { Issued, IssueOptions } from './issue.js';

/** Who asks for a certificate. Nothing of this is proven but the certificate's key. */
export interface EstCaller {
  /** From the header; null without one. */
  readonly user: string | null;
  readonly password: string | null;
  /** The certificate of the connection (DER), whose key the caller has; null without one. */
  readonly certificate: Buffer | null;
  /** Whether the server trusts that certificate. */
  readonly trusted: boolean;
  /** 'renew' was asked for with a certificate of this authority that is valid and not revoked. */
  readonly operation: 'enrol' | 'renew';
}

/** The decision about a request. */
export type EstVerdict =
  /** Issue it, with these options. A renewal keeps subject, names and template. */
  | { readonly issue: IssueOptions }
  /** Later: the caller asks again after so many seconds. */
  | { readonly pendingSeconds: number }
  | { readonly refuse: string }
  /** User and password, or the certificate, are not accepted. */
  | 'unauthorized';

export interface EstOptions {
  /** Decides about each request that is well-formed. */
  readonly authenticate: (caller: EstCaller, request: CertificateRequest) => EstVerdict | Promise<EstVerdict>;
  /** Gets what went wrong with a request, which is answered with an error. Default: nobody. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Base64 of the longest request that is read, with its line ends. */
const LONGEST_BODY = 96 << 10;

type EstAuthority = Pick<
  CertificateAuthority,
  'issue' | 'renew' | 'find' | 'refresh' | 'certificate' | 'issuers'
>;

/** A server of EST (RFC 7030) for an authority. */
export const estHandlerOf =
  (authority: EstAuthority, { authenticate, onError }: EstOptions): AuthorityHandler =>
  (request, response, next) => {
    const operation = operationOf(request.url ?? '');
    if (operation === null) {
      if (next === undefined) refuse(response, 404, 'not found');
      else next();
      return;
    }
    serve(authority, authenticate, operation, request, response).catch((error: unknown) => {
      if (error instanceof Refused) {
        refuse(response, error.status, error.message, error.headers);
        return;
      }
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'the authority failed');
      onError?.(error);
    });
  };

/** The last part of the path. In front of it there may be a label (RFC 7030 §3.2.2). */
function operationOf(url: string): string | null {
  const [path = ''] = url.split('?');
  const match = /^\/\.well-known\/est\/(?:[\w.-]{1,100}\/)?(\w{1,30})$/.exec(path);
  return path.startsWith(EST_FOLDER) ? (match?.[1] ?? null) : null;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

async function serve(
  authority: EstAuthority,
  authenticate: EstOptions['authenticate'],
  operation: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (tlsOf(request.socket) === null) throw new Refused(400, 'EST is only spoken over TLS');
  switch (operation) {
    case 'cacerts':
      method(request, 'GET');
      sendCertificates(request, response, authoritiesOf(authority));
      return;
    case 'csrattrs':
      method(request, 'GET');
      response.writeHead(204).end();
      return;
    case 'simpleenroll':
    case 'simplereenroll':
      method(request, 'POST');
      await enrol(
        authority,
        authenticate,
        operation === 'simplereenroll' ? 'renew' : 'enrol',
        request,
        response,
      );
      return;
    default:
      throw new Refused(404, 'this operation of EST is not supported');
  }
}

/** What a connection of this library and of node:tls has in common. */
interface TlsConnection {
  readonly encrypted: boolean;
  readonly authorized: boolean;
  /** An object without properties if there is no certificate. */
  getPeerCertificate(): { readonly raw?: unknown };
}

/** Null for plain http. */
function tlsOf(socket: object): TlsConnection | null {
  const { encrypted } = socket as Partial<TlsConnection>;
  return encrypted === true ? (socket as TlsConnection) : null;
}

function method(request: IncomingMessage, wanted: string): void {
  if (request.method !== wanted) throw new Refused(405, 'method not allowed', { Allow: wanted });
}

async function enrol(
  authority: EstAuthority,
  authenticate: EstOptions['authenticate'],
  operation: EstCaller['operation'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const caller = callerOf(request, operation);
  await authority.refresh();
  if (operation === 'renew') checkRenewable(authority, caller);
  const asked = readAsked(await bodyOf(request));
  const verdict = await authenticate(caller, asked);
  if (verdict === 'unauthorized') {
    throw new Refused(401, 'not authorized', { 'WWW-Authenticate': 'Basic realm="EST", charset="UTF-8"' });
  }
  if ('refuse' in verdict) throw new Refused(400, printable(verdict.refuse, 500));
  if ('pendingSeconds' in verdict) {
    const seconds = Math.max(0, Math.ceil(verdict.pendingSeconds));
    response.writeHead(202, { 'Retry-After': String(seconds), 'Content-Length': 0 }).end();
    return;
  }
  const issued = await issueOrRefuse(() =>
    operation === 'renew' && caller.certificate !== null
      ? authority.renew(caller.certificate, { request: asked })
      : authority.issue(asked, verdict.issue),
  );
  if (issued.certificate === null) throw new Refused(500, 'the authority only tried');
  sendCertificates(request, response, [issued.certificate.raw]);
}

function callerOf({ headers, socket }: IncomingMessage, operation: EstCaller['operation']): EstCaller {
  const peer = tlsOf(socket)?.getPeerCertificate();
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=]{1,2000})$/i.exec(headers.authorization ?? '') ?? [];
  const [, user = null, password = null] =
    /^([^:]*):([^]*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const certificate = Buffer.isBuffer(peer?.raw) ? peer.raw : null;
  return { user, password, certificate, trusted: tlsOf(socket)?.authorized === true, operation };
}

/** RFC 7030 §3.3.2: a renewal is asked for with the certificate itself, which must be one of this authority. */
function checkRenewable(authority: EstAuthority, { certificate, trusted }: EstCaller): void {
  if (certificate === null || !trusted) {
    throw new Refused(403, 'a renewal needs a connection with the certificate that is renewed');
  }
  try {
    if (authority.find(certificate).revoked === null) return;
  } catch (error) {
    if (!(error instanceof SchannelError)) throw error;
  }
  throw new Refused(403, 'this authority does not renew the certificate of the connection');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = part as Buffer;
    size += bytes.length;
    if (size > LONGEST_BODY) throw new Refused(413, 'the request is too large', { Connection: 'close' });
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('latin1');
}

function readAsked(body: string): CertificateRequest {
  const der = decodeEst(body);
  if (der === null) throw new Refused(400, 'the request is not Base64');
  try {
    return readRequest(der);
  } catch (error) {
    if (error instanceof SchannelError) throw new Refused(400, printable(error.message, 500));
    throw error;
  }
}

async function issueOrRefuse(issue: () => Promise<Issued>): Promise<Issued> {
  try {
    return await issue();
  } catch (error) {
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_CA_REFUSED') {
      throw new Refused(400, printable(error.message, 1000));
    }
    throw error;
  }
}

function authoritiesOf({ certificate, issuers }: EstAuthority): Buffer[] {
  if (certificate === null) throw new Refused(503, 'the authority has no certificate yet');
  return [certificate.raw, ...issuers];
}

/** The client of libest (Cisco) reads Base64 in lines only, and strongSwan 5.9 only without them. */
const wantsLines = ({ headers }: IncomingMessage): boolean => /^libest\b/i.test(headers['user-agent'] ?? '');

function sendCertificates(
  request: IncomingMessage,
  response: ServerResponse,
  certificates: readonly Buffer[],
): void {
  const encode = wantsLines(request) ? encodeInLines : encodeOnOneLine;
  const text = encode(certsOnly(certificates));
  // strongSwan's client takes no answer in chunks, and that of libest no names of headers in small letters.
  response.writeHead(200, {
    'Content-Type': EST_TYPES.certificates,
    'Content-Transfer-Encoding': 'base64',
    'Content-Length': text.length,
  });
  response.end(text);
}

function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = Buffer.from(`${reason}\n`);
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': text.length,
  });
  response.end(text);
}
