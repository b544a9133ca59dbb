import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { AccountKey } from '#lib/apps/acme/protocol/account-key.js';
import type { AcmeRequest, AcmeResponse, AcmeTransport } from '#lib/apps/acme/http/transport.js';
import { HastyClock } from './scripted-clock.js';

export const ORIGIN = 'https://acme.test';
export const DIRECTORY = {
  newNonce: `${ORIGIN}/nonce`,
  newAccount: `${ORIGIN}/account`,
  newOrder: `${ORIGIN}/order`,
  revokeCert: `${ORIGIN}/revoke`,
  keyChange: `${ORIGIN}/key`,
  renewalInfo: `${ORIGIN}/renewal`,
  meta: { termsOfService: 'https://acme.test/terms', profiles: { short: 'six days' } },
};

/** What was asked of the server, once its signature was found right. */
export interface Asked {
  readonly path: string;
  readonly header: Readonly<Record<string, unknown>>;
  /** Null for "POST as GET", and for what has no payload. */
  readonly payload: Readonly<Record<string, unknown>> | null;
}

type Answer = Partial<AcmeResponse> | Error;

/** An answer in JSON. */
export const json = (document: unknown, more: Partial<AcmeResponse> = {}): Partial<AcmeResponse> => ({
  status: 200,
  body: Buffer.from(JSON.stringify(document)),
  ...more,
  headers: { 'content-type': 'application/json', ...more.headers },
});

/** A refusal (RFC 8555 §6.7). @param type 'rateLimited' */
export const problem = (
  type: string,
  status = 400,
  headers: Record<string, string> = {},
  more: object = {},
): Partial<AcmeResponse> =>
  json(
    { type: `urn:ietf:params:acme:error:${type}`, detail: `the detail of ${type}`, status, ...more },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );

/** An ACME server that answers as a test has written down, and checks every signature and every nonce. */
export class ScriptedAcme {
  readonly asked: Asked[] = [];
  readonly clock = new HastyClock(Date.UTC(2030, 0, 1));
  readonly #answers = new Map<string, Answer[]>();
  readonly #nonces = new Set<string>();
  #count = 0;
  /** The key of the account, once it is known. */
  #account: KeyObject | null = null;

  constructor(directory: unknown = DIRECTORY) {
    this.on('/directory', json(directory));
  }

  /** The answers to the next requests for a path, in order; the last one stays. */
  on(path: string, ...answers: readonly Answer[]): this {
    this.#answers.set(path, [...answers]);
    return this;
  }

  readonly transport: AcmeTransport = (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/nonce' && !this.#answers.has(pathname))
      return Promise.resolve(this.#complete({ status: 204 }));
    if (request.method === 'POST') {
      const refusal = this.#check(request, pathname);
      if (refusal !== null) return Promise.resolve(this.#complete(refusal));
    } else this.asked.push({ path: pathname, header: {}, payload: null });
    const answers = this.#answers.get(pathname);
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(this.#complete(answer ?? problem('malformed', 404)));
  };

  #complete(answer: Partial<AcmeResponse>): AcmeResponse {
    this.#count += 1;
    const nonce = `nonce-${this.#count}`;
    this.#nonces.add(nonce);
    return {
      status: answer.status ?? 200,
      headers: { 'replay-nonce': nonce, ...answer.headers },
      body: answer.body ?? Buffer.alloc(0),
    };
  }

  /** RFC 8555 §6.2 to §6.5. */
  #check({ url, body }: AcmeRequest, path: string): Partial<AcmeResponse> | null {
    const jws = JSON.parse(String(body)) as Record<'protected' | 'payload' | 'signature', string>;
    const decoded = (text: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    const header = decoded(jws.protected);
    if (header['url'] !== url) return problem('unauthorized', 401);
    if (!this.#nonces.delete(String(header['nonce']))) return problem('badNonce');
    const { jwk } = header;
    const key =
      jwk === undefined ? this.#account : createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    if (key === null) return problem('accountDoesNotExist');
    if (path === '/account') this.#account = key;
    const data = Buffer.from(`${jws.protected}.${jws.payload}`);
    const signature = Buffer.from(jws.signature, 'base64url');
    const isRsa = header['alg'] === 'RS256';
    const checked = isRsa
      ? verify('sha256', data, key, signature)
      : verify(
          header['alg'] === 'ES384' ? 'sha384' : 'sha256',
          data,
          { key, dsaEncoding: 'ieee-p1363' },
          signature,
        );
    if (!checked) return problem('unauthorized', 401);
    this.asked.push({ path, header, payload: jws.payload === '' ? null : decoded(jws.payload) });
    return null;
  }
}

/** The key of an account, in memory. */
export function accountKey(kind: 'rsa' | 'P-256' | 'P-384' = 'P-256'): AccountKey {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  return accountKeyOf(privateKey);
}

/** The same from a key that is there, for example PEM. */
export function accountKeyOf(key: KeyObject | string): AccountKey {
  const privateKey = typeof key === 'string' ? createPrivateKey(key) : key;
  return {
    publicKey: createPublicKey(privateKey),
    sign: (digest, data, options) =>
      Promise.resolve(
        sign(digest, data, options === undefined ? privateKey : { key: privateKey, ...options }),
      ),
  };
}
