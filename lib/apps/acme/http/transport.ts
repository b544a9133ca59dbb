import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';

/** What a server answered. */
export interface AcmeResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface AcmeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request. @throws SchannelError, or Error of the connection */
export type AcmeTransport = (request: AcmeRequest) => Promise<AcmeResponse>;

/** The part of node:https, or of schannel/https, that is used. */
export interface HttpsModule {
  request(
    url: URL,
    options: {
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly agent?: Agent | undefined;
      readonly signal?: AbortSignal | undefined;
    },
    listener: (response: IncomingMessage) => void,
  ): ClientRequest;
}

/** A directory, an order or a chain has a few kilobytes. */
const LARGEST_BODY = 1_048_576;
/** How long a server may be silent, in milliseconds. */
const SILENCE_MS = 15_000;
/** How long an exchange may take, in milliseconds: a server could send one octet after the other. */
const LONGEST_MS = 120_000;

/**
 * Requests over HTTPS. Redirects are not followed: no server of ACME sends any, and one that did could send a signed
 * request elsewhere.
 *
 * @param agent carries the trust: `new Agent({ ca, revocation })` of schannel/https
 * @param clock for tests
 */
export function httpsTransport(
  https: HttpsModule,
  agent?: Agent,
  clock: Pick<Clock, 'after'> = SYSTEM_CLOCK,
): AcmeTransport {
  return ({ method, url, headers = {}, body, signal }) => {
    const target = checkedUrl(url);
    const isPlain = target.protocol === 'http:';
    return new Promise((settle, fail) => {
      /** The response only says that it was cut off. */
      let reason: Error | null = null;
      const giveUp = (why: string): void => {
        reason = noAnswer(target, why);
        request.destroy(reason);
      };
      const resolve = (response: AcmeResponse): void => {
        cancel();
        settle(response);
      };
      const reject = (error: Error): void => {
        cancel();
        fail(reason ?? error);
      };
      const request = (isPlain ? http : https).request(
        target,
        {
          method,
          // RFC 8555 §6.1: every request has a User-Agent.
          headers: { ...headers, 'user-agent': USER_AGENT, 'content-length': String(body?.length ?? 0) },
          ...(isPlain || agent === undefined ? {} : { agent }),
          ...(signal !== undefined && { signal }),
        },
        (response) => {
          readBody(response).then(
            (whole) =>
              resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: whole }),
            (error: unknown) => {
              request.destroy();
              reject(toError(error));
            },
          );
        },
      );
      request.setTimeout(SILENCE_MS, () => {
        giveUp(`It was silent for ${SILENCE_MS / 1000} seconds`);
      });
      const cancel = clock.after(LONGEST_MS, () => {
        giveUp(`It took more than ${LONGEST_MS / 1000} seconds`);
      });
      request.once('error', reject);
      request.end(body);
    });
  };
}

const USER_AGENT = 'schannel (https://www.npmjs.com/package/schannel)';

/**
 * The same transport for one server: one that is elsewhere must not have requests sent to programs of this machine.
 *
 * @param directory URL of the server's directory
 */
export function transportFor(directory: URL, transport: AcmeTransport): AcmeTransport {
  if (isLoopback(directory.hostname)) return transport;
  return async (request) => {
    if (isLoopback(new URL(request.url).hostname)) throw wrongAddress(request.url);
    return transport(request);
  };
}

/**
 * An address that requests may go to: of HTTPS, or of plain HTTP on this machine, and without a password in it.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_ANSWER
 */
export function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.username === '' && url.password === '') {
    if (url.protocol === 'https:') return url;
    // For test servers on this machine.
    if (url.protocol === 'http:' && isLoopback(url.hostname)) return url;
  }
  throw wrongAddress(text);
}

const wrongAddress = (text: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_ANSWER',
    `This is no address of a server for HTTPS: ${JSON.stringify(text.slice(0, 200))}`,
    { phase: 'connect', advice: 'Check the URL of the directory.' },
  );

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new SchannelError(
        'ERR_SCHANNEL_ACME_ANSWER',
        `The server sent more than ${LARGEST_BODY} bytes at once`,
        { phase: 'data' },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

const noAnswer = ({ host }: URL, reason: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ANSWER', `The server ${host} did not answer. ${reason}`, {
    phase: 'connect',
    advice: 'Try again later. Nothing was lost.',
  });
