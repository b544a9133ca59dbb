import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/async/clock.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { argumentError, invalidType } from '../../../base/errors/argument-error.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { LOCK_SYSTEM, type LockSystem } from '../../../base/files/lock.js';
import { printable } from '../../../base/text/printable.js';
import { createServer, type Server, type ServerOptions } from '../../../adapters/https/index.js';
import type { DnsProvider } from '../dns/provider.js';
import { type JsonObject, textIn } from '../http/json.js';
import { peerAddress, placeOf } from './addresses.js';
import { jsonBody } from './body.js';
import { type Change, changeOf, isChangePath } from './change.js';
import { type ChallengeClient, checkedClient, networksOf } from './client.js';
import { hostName } from './names.js';
import { type ChallengeRecord, ChallengeRecords } from './records.js';
import { Refusal } from './refusal.js';
import { newChallengeSecret, type SecretHash, scryptHash } from './secret.js';
import { type ClientSource, SignIn, SignInRefusal } from './sign-in.js';
import { Tries } from './tries.js';

/** Clients that can become more while the server runs. */
export interface ChallengeClients extends ClientSource {
  /** Adds one that has registered. */
  add(client: ChallengeClient): Promise<void>;
}

/** What happened, for a log. It has no secrets. */
export interface ChallengeEvent {
  readonly time: Date;
  /** Of the client's connection; '' for what the server did by itself. */
  readonly from: string;
  /** Null if nobody knows. */
  readonly client: string | null;
  readonly action: 'sign-in' | 'register' | 'expire' | 'request' | Change['action'];
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Name of the record; '' without. */
  readonly name: string;
  /** Value of the record, or address; '' without. */
  readonly value: string;
  /** Why not; '' if it was done. */
  readonly reason: string;
}

export interface ChallengeServerOptions {
  /** Who may have what changed. Default nobody. */
  readonly clients: readonly ChallengeClient[] | ChallengeClients;
  /** Folder for the journal of what was added. Only one server can use it. */
  readonly state: string;
  /**
   * The zone of the records of acme-dns, to which names of any zone point by CNAME records: 'auth.bar.example'. Default
   * none.
   */
  readonly zone?: string | undefined;
  /**
   * Networks from which anybody may register as a client of acme-dns, with one record below `zone`: '10.0.0.0/8'. It
   * needs `clients` with a method `add`. Default none.
   */
  readonly registration?: readonly string[] | undefined;
  /** Gets what happened. Default nobody. */
  readonly log?: ((event: ChallengeEvent) => void) | undefined;
}

/** What it asks of the system; another one in tests. */
export interface ChallengeSystem extends LockSystem {
  readonly hash: SecretHash;
}

const CHALLENGE_SYSTEM: ChallengeSystem = { ...LOCK_SYSTEM, hash: scryptHash };

/** A listener for `createServer()` of node:https, schannel/https or node:http behind a proxy. */
export type ChallengeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Accounts that one place may register within an hour. */
const MOST_REGISTRATIONS = 10;
const HOUR_MS = 3_600_000;

const PATIENCE_MS = 10_000;
const MOST_CONNECTIONS = 256;
/** A client sends some hundred bytes. */
const LARGEST_HEADERS = 8192;

/**
 * A server that changes TXT records for others, so that only one machine has the credentials of the DNS. It speaks
 * lego's httpreq (`/present`, `/cleanup`) and acme-dns (`/register`, `/update`, `/health`); `/address` sets A and AAAA
 * records. It never sees a key or a certificate.
 *
 * @param system for tests
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function createChallengeServer(
  provider: DnsProvider,
  options: ChallengeServerOptions,
  system: ChallengeSystem = CHALLENGE_SYSTEM,
): Promise<ChallengeServer> {
  if (typeof provider !== 'object' || typeof provider.add !== 'function')
    throw invalidType('provider', 'a provider of DNS records', provider);
  const clients = sourceOf(options.clients);
  const mayRegister = options.registration === undefined ? null : networksOf(options.registration);
  const zone = options.zone === undefined ? null : hostName(options.zone);
  if (options.zone !== undefined && zone === null)
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'zone' must be like 'auth.bar.example'");
  if (options.registration !== undefined && (zone === null || clients.add === null))
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "'registration' needs a 'zone', and 'clients' with a method 'add'",
    );
  if (typeof options.state !== 'string' || options.state === '')
    throw invalidType('options.state', 'of type string', options.state);
  const log = logOf(options.log, system);
  const records = await ChallengeRecords.open(provider, options.state, {
    system,
    onExpired: (record, error) => log(expiryEvent(record, error)),
  });
  const settings = { zone, mayRegister, log };
  return new ChallengeServer(records, clients, settings, system);
}

type Source = ClientSource & { readonly add: ChallengeClients['add'] | null };

function sourceOf(clients: ChallengeServerOptions['clients']): Source {
  if (!Array.isArray(clients)) {
    const source = clients as Partial<ChallengeClients> | null | undefined;
    if (typeof source?.find === 'function' && typeof source.add === 'function')
      return source as ChallengeClients;
    throw invalidType('options.clients', "an array, or an object with 'find' and 'add'", clients);
  }
  const byName = new Map(clients.map((client: ChallengeClient) => [checkedClient(client).name, client]));
  if (byName.size < clients.length)
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'clients' has two of one name");
  return { find: (name) => Promise.resolve(byName.get(name) ?? null), add: null };
}

type Log = (event: Omit<ChallengeEvent, 'time'>) => void;

/** A log that fails must not end the process, nor keep a client from its answer. */
const logOf =
  (log: ChallengeServerOptions['log'], { clock }: LockSystem): Log =>
  (event) => {
    try {
      log?.({ time: new Date(clock.now()), ...event });
    } catch {
      // Nobody is there who could be told.
    }
  };

const expiryEvent = ({ client, name, value }: ChallengeRecord, error: unknown): Parameters<Log>[0] => ({
  from: '',
  client,
  action: 'expire',
  outcome: error === null ? 'done' : 'failed',
  name,
  value,
  reason: error === null ? '' : printable(toError(error).message),
});

interface Settings {
  readonly zone: string | null;
  /** By address; null if nobody may. */
  readonly mayRegister: ((address: string) => boolean) | null;
  readonly log: Log;
}

interface Reply {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What {@link createChallengeServer} returns. */
export class ChallengeServer {
  readonly #records: ChallengeRecords;
  readonly #clients: Source;
  readonly #settings: Settings;
  readonly #signIn: SignIn;
  readonly #registrations: Tries;
  readonly #clock: Clock;
  readonly #hash: SecretHash;

  /** @internal */
  constructor(records: ChallengeRecords, clients: Source, settings: Settings, system: ChallengeSystem) {
    const { clock, hash } = system;
    this.#records = records;
    this.#clients = clients;
    this.#settings = settings;
    this.#signIn = new SignIn(clients, clock, hash);
    this.#clock = clock;
    this.#hash = hash;
    this.#registrations = new Tries(MOST_REGISTRATIONS, HOUR_MS, clock);
  }

  /** Answers requests. It can be given to any server of HTTP; one on the network must be HTTPS. */
  readonly handler: ChallengeHandler = (request, response) => {
    void this.#answer(request, response);
  };

  /**
   * A server of HTTPS over Schannel with limits that fit. Its options are those of `createServer()` of schannel/https:
   * `certificate`, and `requestCert`, `rejectUnauthorized: false` and `ca` if clients have certificates.
   */
  createServer(options: ServerOptions): Server {
    const server = createServer(
      {
        ...options,
        maxHeaderSize: LARGEST_HEADERS,
        requestTimeout: PATIENCE_MS,
        headersTimeout: PATIENCE_MS,
      },
      this.handler,
    );
    server.maxConnections = MOST_CONNECTIONS;
    return server;
  }

  /** Waits for changes that have begun, and lets the journal go. Close the server of HTTPS before. */
  close(): Promise<void> {
    return this.#records.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers = {} } = await this.#reply(request);
    const text = `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // What was not read would be taken for the next request.
      ...(request.complete ? {} : { connection: 'close' }),
      ...headers,
    });
    response.end(text);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    try {
      return await this.#route(request);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        const from = peerAddress(request.socket.remoteAddress);
        const unknown = { client: null, name: '', value: '', reason: reasonOf(error) };
        this.#settings.log({ from, action: 'request', outcome: 'failed', ...unknown });
        return { status: 500, body: { error: 'internal error' } };
      }
      const { status, message, wait } = error;
      return {
        status,
        body: { error: message },
        headers: {
          ...(status === 401 && { 'www-authenticate': 'Basic realm="challenges", charset="UTF-8"' }),
          ...(wait !== null && { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) }),
        },
      };
    }
  }

  async #route(request: IncomingMessage): Promise<Reply> {
    const { method, url: path = '', headers } = request;
    if (path === '/health' && method === 'GET') return { status: 200, body: {} };
    if (path !== '/health' && path !== '/register' && !isChangePath(path))
      throw new Refusal(404, 'not found');
    if (method !== 'POST' || path === '/health')
      return {
        status: 405,
        body: { error: 'wrong method' },
        headers: { allow: path === '/health' ? 'GET' : 'POST' },
      };
    // A page in a browser must not use what the browser remembers of a user.
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
      throw new Refusal(403, 'not for browsers');
    const from = peerAddress(request.socket.remoteAddress);
    if (path === '/register') return this.#register(request, from);
    const body = await jsonBody(request);
    const client = await this.#signIn.clientOf(request, from).catch((error: unknown) => {
      if (error instanceof SignInRefusal) this.#logSignIn(from, error);
      throw error;
    });
    const about = { from, client: client.name, action: path.slice(1) as Change['action'] };
    let change;
    try {
      change = changeOf(path, body, client, this.#settings.zone);
    } catch (error) {
      this.#settings.log({
        ...about,
        outcome: 'refused',
        name: askedName(body),
        value: '',
        reason: reasonOf(error),
      });
      throw error;
    }
    await this.#make(change, about);
    return { status: 200, body: change.action === 'update' ? { txt: change.value } : {} };
  }

  #logSignIn(from: string, { client, reason }: SignInRefusal): void {
    this.#settings.log({ from, client, action: 'sign-in', outcome: 'refused', name: '', value: '', reason });
  }

  async #make(change: Change, about: Pick<ChallengeEvent, 'from' | 'client' | 'action'>): Promise<void> {
    const { name } = change;
    const value = change.action === 'address' ? (change.address ?? '') : change.value;
    const say = (outcome: ChallengeEvent['outcome'], reason: string): void =>
      this.#settings.log({ ...about, outcome, name, value, reason });
    try {
      await this.#perform(change, about.client ?? '');
    } catch (error) {
      say(error instanceof Refusal ? 'refused' : 'failed', reasonOf(error));
      throw error instanceof Refusal ? error : refusalOf(error, this.#clock.now());
    }
    say('done', '');
  }

  #perform(change: Change, client: string): Promise<void> {
    if (change.action === 'address') return this.#records.setAddress(change.name, change.address);
    const { action, name, value } = change;
    const record = { client, name, value, rolling: action === 'update' };
    return action === 'cleanup' ? this.#records.cleanup(record) : this.#records.present(record);
  }

  /** An account of acme-dns: one record below the zone. */
  async #register(request: IncomingMessage, from: string): Promise<Reply> {
    const { zone, mayRegister, log } = this.#settings;
    if (zone === null || mayRegister === null || this.#clients.add === null)
      throw new Refusal(404, 'not found');
    const place = placeOf(from);
    if (!mayRegister(from)) throw new Refusal(403, 'not permitted');
    const body = await jsonBody(request);
    const allowed = networksIn(body);
    const wait = this.#registrations.wait(place);
    if (wait > 0) throw new Refusal(429, 'too many accounts', wait);
    this.#registrations.begin(place);
    const { secret, hash } = await newChallengeSecret(this.#hash);
    const [name, subdomain] = [randomUUID(), randomUUID()];
    const client = { name, secret: hash, subdomain, ...(allowed.length > 0 && { networks: allowed }) };
    await this.#clients.add(client);
    log({
      from,
      client: name,
      action: 'register',
      outcome: 'done',
      name: `${subdomain}.${zone}`,
      value: '',
      reason: '',
    });
    const account = { username: name, password: secret, fulldomain: `${subdomain}.${zone}`, subdomain };
    return { status: 201, body: { ...account, allowfrom: allowed } };
  }
}

/** @throws Refusal */
function networksIn(body: JsonObject): readonly string[] {
  const { allowfrom = [] } = body;
  try {
    networksOf(allowfrom);
    return allowfrom as readonly string[];
  } catch {
    throw new Refusal(400, 'invalid_allowfrom_cidr');
  }
}

const reasonOf = (error: unknown): string => printable(toError(error).message);

/** The name that a refused request has, as it is. */
const askedName = (body: JsonObject): string =>
  printable(['fqdn', 'domain', 'subdomain'].map((member) => textIn(body, member)).find(Boolean) ?? '', 255);

/** What a client gets to know about an error of the provider: the message itself may name servers and accounts. */
function refusalOf(error: unknown, now: number): Refusal {
  const retryAfter: unknown = error instanceof SchannelError ? error.retryAfter : undefined;
  const wait = retryAfter instanceof Date ? Math.max(retryAfter.getTime() - now, 0) : null;
  return new Refusal(
    wait === null ? 502 : 503,
    `the record could not be changed (${errorCode(error) || 'failed'})`,
    wait,
  );
}
