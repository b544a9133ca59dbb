import http, { type IncomingHttpHeaders } from 'node:http';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { request as schannelRequest } from '../../adapters/https/index.js';
import type { Request } from '../../adapters/https/request.js';
import type { RequestOptions } from '../../adapters/https/options.js';

/** One request to an authority. */
export interface EnrolCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Who is trusted, and who this is: options of connect(). */
  readonly tls: Pick<RequestOptions, 'ca' | 'certificate' | 'rejectUnauthorized'>;
  readonly signal?: AbortSignal | undefined;
}

export interface EnrolAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Exchange = (call: EnrolCall) => Promise<EnrolAnswer>;

/** Most bytes of an answer: a chain has a few thousand. */
export const LONGEST_ANSWER = 1 << 20;

/** Milliseconds for one request. */
const TIMEOUT = 60_000;

/** @param request https.request() of this library or of Node. Redirections are not followed */
export const exchangeBy =
  (request: Request): Exchange =>
  (call) =>
    new Promise((resolve, reject) => {
      const { url, method, headers, body, tls, signal } = call;
      const timeout = AbortSignal.timeout(TIMEOUT);
      // Only SCEP is spoken over plain http: its messages are encrypted and signed.
      const outgoing = (url.protocol === 'http:' ? http.request : request)(
        url,
        {
          ...tls,
          method,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
          // A new connection: the next request may show another certificate.
          agent: false,
          signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        },
        (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on('data', (part: Buffer) => {
            size += part.length;
            if (size > LONGEST_ANSWER) outgoing.destroy(tooLong(url));
            else parts.push(part);
          });
          response.on('error', reject);
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts),
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

/** Over Schannel. */
export const SCHANNEL_EXCHANGE: Exchange = exchangeBy(schannelRequest);

const tooLong = (url: URL): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ENROL_ANSWER',
    `The authority ${url.host} sent more than ${String(LONGEST_ANSWER)} bytes`,
    { advice: 'Check the address: this is not how an authority answers.' },
  );
