import { type Clock, pauseFor } from '../../../base/async/clock.js';
import { abortError } from '../../../base/errors/abort-error.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { type AccountKey } from './account-key.js';
import { type JwsSender, signJws } from './jws.js';
import { type JsonObject, objectOf } from '../http/json.js';
import { isProblem, problemError } from './problem.js';
import { unusable } from './resources.js';
import { retryAfter } from '../http/retry-after.js';
import type { AcmeResponse, AcmeTransport } from '../http/transport.js';

/** A server's answer with its JSON. */
export interface AcmeAnswer extends AcmeResponse {
  readonly document: JsonObject;
  readonly retryAfter: Date | null;
}

/** RFC 8555 §6.5: a nonce is good for one request, and servers forget them. */
const MOST_NONCES = 10;

/** How often a request that changes nothing is sent in all. */
const TRIES = 3;
const FIRST_PAUSE_MS = 1000;

/** Sends signed requests, and keeps the nonces that servers give. */
export class AcmeSession {
  readonly #transport: AcmeTransport;
  readonly #clock: Clock;
  readonly #newNonce: string;
  #nonces: string[] = [];
  /** How many requests were sent, for tests and logs. */
  requests = 0;

  constructor(transport: AcmeTransport, clock: Clock, newNonce: string) {
    this.#transport = transport;
    this.#clock = clock;
    this.#newNonce = newNonce;
  }

  /**
   * Sends a signed request. If the server does not know its nonce, it is sent again with the one of the answer.
   *
   * @param payload null asks without changing anything ("POST as GET"); that is tried again if the server is not there
   * @param what for errors: 'The order was not accepted'
   * @throws SchannelError ERR_SCHANNEL_ACME_…
   */
  async post(
    key: AccountKey,
    sender: JwsSender,
    url: string,
    payload: object | null,
    {
      what,
      signal,
      accept,
    }: { readonly what: string; readonly signal?: AbortSignal | undefined; readonly accept?: string },
  ): Promise<AcmeResponse> {
    for (let left = MOST_NONCES; ; left -= 1) {
      try {
        return await (payload === null
          ? this.#again(() => this.#send(key, sender, url, payload, { what, signal, accept }), signal)
          : this.#send(key, sender, url, payload, { what, signal, accept }));
      } catch (error) {
        if (!isProblem(error, 'badNonce') || left <= 1) throw error;
      }
    }
  }

  /** As {@link post}, for an answer in JSON. */
  async postJson(...request: Parameters<AcmeSession['post']>): Promise<AcmeAnswer> {
    return withJson(await this.post(...request), this.#clock);
  }

  /** Waits until a moment, or until the signal ends the wait. @throws AbortError */
  async wait(until: Date, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const pause = pauseFor(this.#clock, Math.max(0, until.getTime() - this.#clock.now()));
    const cutShort = (): void => {
      pause.end();
    };
    signal?.addEventListener('abort', cutShort, { once: true });
    await pause.over;
    signal?.removeEventListener('abort', cutShort);
    if (signal?.aborted === true) throw abortError(signal.reason);
  }

  async #send(
    key: AccountKey,
    sender: JwsSender,
    url: string,
    payload: object | null,
    {
      what,
      signal,
      accept,
    }: {
      readonly what: string;
      readonly signal?: AbortSignal | undefined;
      readonly accept?: string | undefined;
    },
  ): Promise<AcmeResponse> {
    const nonce = this.#nonces.pop() ?? (await this.#freshNonce(signal));
    const jws = await signJws(key, sender, { url, nonce }, payload);
    this.requests += 1;
    const response = await this.#transport({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/jose+json', ...(accept !== undefined && { accept }) },
      body: Buffer.from(JSON.stringify(jws)),
      signal,
    });
    this.#keepNonce(response);
    if (response.status >= 400) throw problemError(response, what, new Date(this.#clock.now()));
    if (response.status >= 300) throw unusable(`a redirect from ${url}`);
    return response;
  }

  async #freshNonce(signal: AbortSignal | undefined): Promise<string> {
    const response = await this.#again(() => {
      this.requests += 1;
      return this.#transport({ method: 'HEAD', url: this.#newNonce, signal });
    }, signal);
    this.#keepNonce(response);
    const nonce = this.#nonces.pop();
    if (nonce === undefined) throw unusable('no nonce where it gives nonces');
    return nonce;
  }

  #keepNonce({ headers }: AcmeResponse): void {
    const nonce = headers['replay-nonce'];
    // RFC 8555 §6.5.1: base64url.
    if (nonce !== undefined && /^[\w-]{1,512}$/.test(nonce)) this.#nonces = [nonce];
  }

  /** A server that restarts, or a connection that breaks, is no reason to give up an order. */
  async #again<Result>(attempt: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (tried === TRIES || !isPassing(error) || signal?.aborted === true) throw error;
        await this.wait(new Date(this.#clock.now() + FIRST_PAUSE_MS * 2 ** (tried - 1)), signal);
      }
    }
  }
}

/** Whether the same request may succeed in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof SchannelError)
    return error.code === 'ERR_SCHANNEL_ACME_SERVER' && error.retryAfter === undefined;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN)$/.test(code);
}

/** @throws SchannelError ERR_SCHANNEL_ACME_ANSWER */
export function withJson(response: AcmeResponse, clock: Pick<Clock, 'now'>): AcmeAnswer {
  const { body, headers } = response;
  let document: JsonObject | null = null;
  try {
    document = objectOf(JSON.parse(body.toString()));
  } catch {
    // Reported below.
  }
  if (document === null) throw unusable('something that is not the JSON of ACME');
  return { ...response, document, retryAfter: retryAfter(headers['retry-after'], new Date(clock.now())) };
}
