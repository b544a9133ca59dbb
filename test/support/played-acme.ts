import { createPublicKey, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AcmeRequest, AcmeResponse, AcmeTransport } from '#lib/apps/acme/http/transport.js';
import { keyAuthorization } from '#lib/apps/acme/protocol/account-key.js';
import type { Identifier } from '#lib/apps/acme/protocol/resources.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { type CertificateOptions, TestAuthority } from './certificates.js';
import { json, ORIGIN, problem } from './scripted-acme.js';

/** What the authority looks at before it confirms a name. */
export interface Look {
  /** '*.bar.example' for a wildcard. */
  readonly name: string;
  readonly type: string;
  readonly token: string;
  readonly keyAuthorization: string;
}

export interface PlayedOrder {
  readonly path: string;
  readonly identifiers: readonly Identifier[];
  readonly payload: Readonly<Record<string, unknown>>;
  status: string;
  error: object | undefined;
  /** Requests that were received. */
  finalized: number;
  /** PEM. */
  certificate: string | undefined;
  /** How often it will say that it is still at work. */
  processing: number;
  readonly authorizations: PlayedAuthorization[];
}

interface PlayedAuthorization {
  readonly path: string;
  readonly name: string;
  readonly identifier: Identifier;
  status: string;
  error: object | undefined;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A request as the tests see it. */
export interface Played {
  /** 'new-order', 'order', 'authorization', 'challenge', 'finalize', 'certificate', … */
  readonly kind: string;
  readonly payload: Readonly<Record<string, unknown>> | null;
}

type Answer = Partial<AcmeResponse> | Error;

/**
 * An ACME server that keeps accounts, orders and certificates, as a real one does, and fails where a test wants it. It
 * checks no signatures: ScriptedAcme does.
 */
export class PlayedAcme {
  readonly asked: Played[] = [];
  readonly orders: PlayedOrder[] = [];
  /** Kinds of challenges that are offered. */
  types: readonly string[] = ['http-01', 'dns-01', 'tls-alpn-01'];
  profiles: Readonly<Record<string, string>> = {};
  /** Whether a name is proved. Default: every one. */
  look: (look: Look) => boolean | Promise<boolean> = () => true;
  /** An answer instead of the usual one; nothing is done then. */
  instead: (asked: Played) => Answer | null = () => null;
  /** After the request was carried out. */
  afterwards: (asked: Played) => Answer | null = () => null;
  /** Changes the certificate. */
  certificate: CertificateOptions = {};
  /** Changes the chain (PEM). */
  chain: (certificates: readonly string[]) => string = (certificates) => certificates.join('');
  /** Whether it lists the orders of an account. */
  hasList = true;
  /** How often a new order says that it is at work. */
  processing = 0;
  #origin = ORIGIN;
  #count = 0;
  readonly #keys = new Map<string, KeyObject>();
  readonly #root: TestAuthority;
  readonly #authority: TestAuthority;
  #server: http.Server | null = null;

  private constructor(root: TestAuthority, authority: TestAuthority) {
    this.#root = root;
    this.#authority = authority;
  }

  static async create(): Promise<PlayedAcme> {
    const root = await TestAuthority.create('CN=played root');
    return new PlayedAcme(root, await root.authority('CN=played authority'));
  }

  get directory(): string {
    return `${this.#origin}/directory`;
  }

  /** PEM of the root. */
  get root(): string {
    return this.#root.certificate.cert;
  }

  /** How often something was asked. */
  count(kind: string): number {
    return this.asked.filter((each) => each.kind === kind).length;
  }

  readonly transport: AcmeTransport = async (request) => {
    request.signal?.throwIfAborted();
    const path = new URL(request.url).pathname;
    const kind = path.split('/')[1] ?? '';
    const { payload, kid, jwk } = decoded(request);
    const asked = { kind, payload };
    this.asked.push(asked);
    const instead = this.instead(asked);
    const usual = instead ?? (await this.#answer(kind, path, { payload, kid, jwk }));
    const answer = (instead === null ? this.afterwards(asked) : null) ?? usual;
    if (answer instanceof Error) throw answer;
    this.#count += 1;
    return {
      status: answer.status ?? 200,
      headers: { 'replay-nonce': `nonce-${this.#count}`, ...answer.headers },
      body: answer.body ?? Buffer.alloc(0),
    };
  };

  /** Listens on this machine, for other processes. */
  async listen(): Promise<void> {
    const server = http.createServer((request, response) => {
      void this.#serve(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(null));
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = 'GET', url = '/' } = request;
      const answer = await this.transport({
        method: method as AcmeRequest['method'],
        url: this.#origin + url,
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status, { ...answer.headers });
      response.end(answer.body);
    } catch {
      response.destroy();
    }
  }

  async #answer(kind: string, path: string, { payload, kid, jwk }: Decoded): Promise<Partial<AcmeResponse>> {
    switch (kind) {
      case 'directory':
        return json(this.#directory());
      case 'nonce':
        return { status: 204 };
      case 'new-account':
        return this.#newAccount(jwk, payload ?? {});
      case 'new-order':
        return this.#newOrder(payload ?? {});
      case 'key-change':
        return this.#changeKey(String(kid), payload ?? {});
      case 'account':
        return json({ status: 'valid', ...(this.hasList && { orders: `${this.#origin}/orders/1` }) });
      case 'orders':
        return this.#listOrders(path);
      case 'order':
        return this.#showOrder(this.orders.find((each) => each.path === path));
      case 'authorization':
        return this.#showAuthorization(this.#authorization(path));
      case 'challenge':
        return this.#accept(path, String(kid));
      case 'finalize':
        return this.#finalize(path, payload ?? {});
      case 'certificate': {
        const order = this.orders.find((each) => `/certificate${each.path}` === path);
        return order?.certificate === undefined
          ? problem('malformed', 404)
          : { body: Buffer.from(order.certificate) };
      }
      default:
        return problem('malformed', 404);
    }
  }

  #directory(): object {
    const at = (kind: string): string => `${this.#origin}/${kind}`;
    return {
      newNonce: at('nonce'),
      newAccount: at('new-account'),
      newOrder: at('new-order'),
      revokeCert: at('revoke'),
      keyChange: at('key-change'),
      renewalInfo: at('renewal'),
      meta: { profiles: this.profiles },
    };
  }

  #newAccount(
    jwk: JsonWebKey | undefined,
    payload: Readonly<Record<string, unknown>>,
  ): Partial<AcmeResponse> {
    const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' });
    const known = [...this.#keys].find(([, each]) => each.equals(key))?.[0];
    if (known === undefined && payload['onlyReturnExisting'] === true) return problem('accountDoesNotExist');
    const location = known ?? `${this.#origin}/account/${this.#keys.size + 1}`;
    this.#keys.set(location, key);
    return json({ status: 'valid' }, { status: known === undefined ? 201 : 200, headers: { location } });
  }

  /** RFC 8555 §7.3.5. The signatures are not checked. */
  #changeKey(account: string, inner: Readonly<Record<string, unknown>>): Partial<AcmeResponse> {
    const { jwk } = JSON.parse(Buffer.from(String(inner['protected']), 'base64url').toString()) as {
      readonly jwk: JsonWebKey;
    };
    this.#keys.set(account, createPublicKey({ key: jwk, format: 'jwk' }));
    return json({ status: 'valid' });
  }

  #newOrder(payload: Readonly<Record<string, unknown>>): Partial<AcmeResponse> {
    const path = `/order/${this.orders.length + 1}`;
    const identifiers = payload['identifiers'] as readonly Identifier[];
    const order: PlayedOrder = {
      path,
      identifiers,
      payload,
      status: 'pending',
      error: undefined,
      finalized: 0,
      certificate: undefined,
      processing: this.processing,
      authorizations: identifiers.map((identifier, index) => ({
        path: `/authorization${path}/${index}`,
        name: identifier.value,
        identifier: { ...identifier, value: identifier.value.replace(/^\*\./, '') },
        status: 'pending',
        error: undefined,
        tokens: Object.fromEntries(this.types.map((type) => [type, randomBytes(16).toString('base64url')])),
      })),
    };
    this.orders.push(order);
    return json(this.#documentOf(order), { status: 201, headers: { location: this.#origin + path } });
  }

  /** One on each page. */
  #listOrders(path: string): Partial<AcmeResponse> {
    const page = Number(path.split('/')[2]);
    const orders = this.orders.slice(page - 1, page).map((order) => this.#origin + order.path);
    const next = `<${this.#origin}/orders/${page + 1}>;rel="next"`;
    return json({ orders }, page < this.orders.length ? { headers: { link: next } } : {});
  }

  #showOrder(order: PlayedOrder | undefined): Partial<AcmeResponse> {
    if (order === undefined) return problem('malformed', 404);
    if (order.status === 'processing') {
      if (order.processing === 0) order.status = 'valid';
      else order.processing -= 1;
    }
    return json(this.#documentOf(order));
  }

  #documentOf({ path, identifiers, status, error, authorizations }: PlayedOrder): object {
    return {
      status,
      identifiers,
      error,
      authorizations: authorizations.map((each) => this.#origin + each.path),
      finalize: `${this.#origin}/finalize${path}`,
      ...(status === 'valid' && { certificate: `${this.#origin}/certificate${path}` }),
    };
  }

  #authorization(path: string): PlayedAuthorization | undefined {
    return this.orders.flatMap(({ authorizations }) => authorizations).find((each) => each.path === path);
  }

  #showAuthorization(authorization: PlayedAuthorization | undefined): Partial<AcmeResponse> {
    if (authorization === undefined) return problem('malformed', 404);
    const { identifier, name, status, error, tokens, path } = authorization;
    return json({
      status,
      identifier,
      ...(name.startsWith('*') && { wildcard: true }),
      challenges: Object.entries(tokens).map(([type, token]) => ({
        type,
        token,
        status,
        ...(error !== undefined && { error }),
        url: `${this.#origin}/challenge/${type}${path}`,
      })),
    });
  }

  async #accept(path: string, account: string): Promise<Partial<AcmeResponse>> {
    const [, type = '', at = ''] = /^\/challenge\/([\w-]+)(\/.*)$/.exec(path) ?? [];
    const authorization = this.#authorization(at);
    const order = this.orders.find(({ authorizations }) => authorizations.some((each) => each.path === at));
    const key = this.#keys.get(account);
    if (authorization === undefined || order === undefined || key === undefined)
      return problem('malformed', 404);
    const token = authorization.tokens[type] ?? '';
    const { name } = authorization;
    const isProved = await this.look({ name, type, token, keyAuthorization: keyAuthorization(token, key) });
    authorization.status = isProved ? 'valid' : 'invalid';
    if (!isProved) {
      authorization.error = {
        type: 'urn:ietf:params:acme:error:unauthorized',
        detail: `not shown by ${name}`,
      };
      order.status = 'invalid';
    } else if (order.authorizations.every(({ status }) => status === 'valid')) order.status = 'ready';
    return json({ type, status: 'processing', token, url: this.#origin + path });
  }

  async #finalize(path: string, { csr }: Readonly<Record<string, unknown>>): Promise<Partial<AcmeResponse>> {
    const order = this.orders.find((each) => `/finalize${each.path}` === path);
    if (order?.status !== 'ready') return problem('orderNotReady', 403);
    order.finalized += 1;
    const { publicKey } = readRequest(Buffer.from(String(csr), 'base64url'));
    const leaf = await this.#authority.issue({
      subject: '',
      altNames: order.identifiers.map(({ type, value }) => `${type.toUpperCase()}:${value}`),
      publicKey,
      ...this.certificate,
    });
    order.certificate = this.chain([leaf.cert, this.#authority.certificate.cert]);
    order.status = 'processing';
    return json(this.#documentOf(order));
  }
}

interface Decoded {
  readonly payload: Readonly<Record<string, unknown>> | null;
  readonly kid: unknown;
  readonly jwk: JsonWebKey | undefined;
}

function decoded({ method, body }: AcmeRequest): Decoded {
  if (method !== 'POST') return { payload: null, kid: undefined, jwk: undefined };
  const jws = JSON.parse(String(body)) as Record<'protected' | 'payload', string>;
  const part = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
  const { kid, jwk } = part(jws.protected);
  return {
    payload: jws.payload === '' ? null : part(jws.payload),
    kid,
    jwk: jwk as JsonWebKey | undefined,
  };
}
