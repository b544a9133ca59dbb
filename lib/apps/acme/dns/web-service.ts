import * as https from '../../../adapters/https/index.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import { toError } from '../../../base/errors/to-error.js';
import { arrayIn, type JsonObject, objectOf, textIn } from '../http/json.js';
import { retryAfter } from '../http/retry-after.js';
import {
  type AcmeRequest,
  type AcmeResponse,
  type AcmeTransport,
  httpsTransport,
} from '../http/transport.js';
import type { DnsContext } from './provider.js';

export interface WebServiceOptions {
  /** How requests are sent. Default: over Schannel, trusting what Windows trusts. */
  readonly transport?: AcmeTransport | undefined;
}

/** What a service answered. */
export interface ServiceAnswer {
  readonly status: number;
  /** {} for an answer without a body. */
  readonly document: JsonObject;
}

/** A service on the web that changes DNS records, by JSON. */
export class WebService {
  readonly name: string;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #transport: AcmeTransport;

  /**
   * @param base URL in front of each path
   * @param headers with each request; they may have secrets, and are never part of an error
   */
  constructor(
    name: string,
    base: string,
    headers: Readonly<Record<string, string>>,
    { transport = httpsTransport(https) }: WebServiceOptions,
  ) {
    this.name = name;
    this.#base = base.replace(/\/+$/, '');
    this.#headers = headers;
    this.#transport = transport;
  }

  /**
   * @param accepted statuses besides 2xx that are answers, too: 404 for something that is gone
   * @throws SchannelError ERR_SCHANNEL_DNS_CONNECTION, ERR_SCHANNEL_DNS_REFUSED, ERR_SCHANNEL_DNS_ANSWER
   */
  async ask(
    method: AcmeRequest['method'],
    path: string,
    body: object | null,
    { signal }: DnsContext = {},
    accepted: readonly number[] = [],
  ): Promise<ServiceAnswer> {
    const response = await this.#send({
      method,
      url: this.#base + path,
      headers: {
        accept: 'application/json',
        ...(body !== null && { 'content-type': 'application/json' }),
        ...this.#headers,
      },
      ...(body !== null && { body: Buffer.from(JSON.stringify(body)) }),
      signal,
    });
    const { status } = response;
    if ((status >= 200 && status < 300) || accepted.includes(status))
      return { status, document: this.#documentOf(response) };
    throw this.#refused(response);
  }

  async #send(request: AcmeRequest): Promise<AcmeResponse> {
    try {
      return await this.#transport(request);
    } catch (error) {
      // What the peer's certificate lacks is said best by its own error.
      if (error instanceof SchannelError || request.signal?.aborted === true) throw error;
      const cause = toError(error);
      throw new SchannelError(
        'ERR_SCHANNEL_DNS_CONNECTION',
        `${this.name} could not be reached: ${cause.message}`,
        {
          phase: 'connect',
          advice: 'Check its address, and try again later.',
          cause,
        },
      );
    }
  }

  #documentOf({ status, body }: AcmeResponse): JsonObject {
    if (body.length === 0 || status >= 300) return {};
    try {
      const document = objectOf(JSON.parse(body.toString()));
      if (document !== null) return document;
    } catch {
      // Reported below.
    }
    throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', `${this.name} sent something that is not JSON`, {
      advice: 'Check its address, and whether a proxy or a login page answers for it.',
    });
  }

  #refused({ status, headers, body }: AcmeResponse): SchannelError {
    const after =
      retryAfter(headers['retry-after']) ?? (status === 429 ? resetIn(headers['x-ratelimit-reset']) : null);
    const said = saidIn(body);
    return new SchannelError(
      'ERR_SCHANNEL_DNS_REFUSED',
      `${this.name} refused: ${said === '' ? `HTTP status ${status}` : `${said} (HTTP status ${status})`}`,
      {
        advice: ADVICE[status] ?? 'The message has the reason of the service.',
        ...(after !== null && { retryAfter: after }),
      },
    );
  }
}

/** When a limit ends, in seconds since 1970, as DNSimple has it. Null for anything else. */
const resetIn = (header: string | undefined): Date | null =>
  /^\d{9,11}$/.test(header ?? '') ? new Date(Number(header) * 1000) : null;

const ADVICE: Readonly<Record<number, string | undefined>> = {
  401: 'Check the token, or the user and the password.',
  402: 'Pay for the account.',
  403: 'Give the token or the user the right to change this zone.',
  404: 'Check the account and the zone, and that the token may see them.',
  412: 'The plan of the account does not include this.',
  429: 'Wait until the time that is given.',
};

/** The words for people in the forms that such services have. */
function saidIn(body: Buffer): string {
  let document: JsonObject | null = null;
  try {
    document = objectOf(JSON.parse(body.toString()));
  } catch {
    // HTML of a proxy says nothing worth to show.
  }
  if (document === null) return '';
  const errors = arrayIn(document, 'errors').map((each) => textIn(objectOf(each) ?? {}, 'message'));
  // DNSimple has a list for each field.
  const fields = Object.entries(objectOf(document['errors']) ?? {}).map(
    ([field, texts]) => `${field} ${Array.isArray(texts) ? texts.join(', ') : String(texts)}`,
  );
  return printable(
    [textIn(document, 'message'), textIn(document, 'error'), ...errors, ...fields].filter(Boolean).join('; '),
  );
}

/** Pages of a list that are read. Nobody has so many records of one name. */
const MOST_PAGES = 20;

/**
 * The pages of a list, one after another.
 *
 * @param ask for a page; the first one has the number 1
 * @param count of pages, as an answer has it
 */
export async function* pagesOf(
  ask: (page: number) => Promise<ServiceAnswer>,
  count: (document: JsonObject) => unknown,
): AsyncGenerator<JsonObject> {
  for (let page = 1, pages = 1; page <= Math.min(pages, MOST_PAGES); page += 1) {
    const { document } = await ask(page);
    yield document;
    const said = count(document);
    pages = typeof said === 'number' ? said : 1;
  }
}

/** The text of a TXT record, which some services quote: '"value"'. */
export const unquoted = (content: string): string => content.replace(/^"(.*)"$/s, '$1');

/** Each domain that a name is in, the name itself first: 'a.bar.example', 'bar.example', 'example'. */
export function domainsOf(name: string): readonly string[] {
  const labels = name.replace(/\.$/, '').toLowerCase().split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}

/** @throws SchannelError ERR_SCHANNEL_DNS_ZONE */
export const noZone = (service: string, name: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_DNS_ZONE', `${service} has no zone for ${name}`, {
    advice: 'Check the account, and that the token may see the zone.',
  });
