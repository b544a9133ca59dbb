import type http from 'node:http';
import type { Duplex } from 'node:stream';

import type { ServerOptions } from '../../adapters/https/index.js';
import type { TokenSource } from '../../apps/acme/challenge/redirect-server.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import type { TlsChallenges } from '../../tls/socket/server-options.js';
import { type HeaderChoice, securityHeaders } from '../headers/security-headers.js';
import { type StrictTransportOptions, strictTransport } from '../headers/strict-transport.js';
import { type SiteNames, siteNames } from '../names/site-names.js';
import { type AcmeOptions, type SiteAcme, siteAcme } from './acme.js';
import { type SiteIdentity, siteIdentity } from './identity.js';
import { type StaticFiles, staticFiles, type StaticOptions } from '../static/static-files.js';

/** Answers a request, as for http.createServer(): Express, Fastify and others have such a function. */
export type App = (request: http.IncomingMessage, response: http.ServerResponse) => unknown;

/** Answers a request to change the protocol, such as to WebSocket. */
export type UpgradeHandler = (request: http.IncomingMessage, socket: Duplex, head: Buffer) => unknown;

/**
 * Options of serve(), with those of createServer() of schannel/https.
 *
 * Without `certificate`, `pfx` and `cert`, the site searches `store` for a certificate of each name.
 */
export interface ServeOptions extends Omit<ServerOptions, 'SNICallback' | 'headers'> {
  /**
   * Host names and addresses of the site. Requests for other hosts are answered with 421. Clients that ask for no name
   * get the certificate of the first.
   */
  readonly names: readonly string[];
  readonly app?: App | undefined;
  /** Default: such a request is answered by `app`, as any other. */
  readonly upgrade?: UpgradeHandler | undefined;
  /** A folder whose files are sent. What it does not have is for `app`. */
  readonly static?: string | StaticOptions | undefined;
  /** The address to listen on. Default: all addresses of the machine. */
  readonly address?: string | undefined;
  /** Listen on addresses of IPv4 or IPv6 only. Default: both. */
  readonly family?: 4 | 6 | undefined;
  /** Port of HTTPS; 0 for any that is free. Default 443. */
  readonly https?: number | undefined;
  /** Port from which visitors are redirected to HTTPS; 0 for any that is free, false for none. Default 80. */
  readonly http?: number | false | undefined;
  /** Answers to HTTP-01 of ACME on the port of `http`, such as `httpTokens()` of schannel/acme. Default none. */
  readonly tokens?: TokenSource | undefined;
  /**
   * Get the certificate from an ACME server such as Let's Encrypt, and renew it. Instead of `certificate`, `pfx` and
   * `cert`. Default: the certificate is already there, or comes from elsewhere.
   */
  readonly acme?: AcmeOptions | undefined;
  /** The store with the certificates. Default 'CurrentUser\\MY', or that of `certificate`. */
  readonly store?: string | undefined;
  /**
   * Make a self-signed certificate while the store has none that matches, and remove it afterwards. Default true, if
   * the certificate is searched for.
   */
  readonly fallback?: boolean | undefined;
  /** Strict-Transport-Security. Default false; true means 60 days. */
  readonly hsts?: boolean | StrictTransportOptions | undefined;
  /** Headers for every answer, beside those that protect visitors; null leaves one of these out. */
  readonly headers?: HeaderChoice | undefined;
  /** Milliseconds that close() gives to answers that are on their way. Default 10,000. */
  readonly drainTimeout?: number | undefined;
}

/** The options, checked. */
export interface SiteSettings {
  readonly names: SiteNames;
  readonly app: App | null;
  readonly upgrade: UpgradeHandler | null;
  readonly files: StaticFiles | null;
  readonly address: string | undefined;
  readonly family: 4 | 6 | undefined;
  readonly ports: { readonly https: number; readonly http: number | null };
  readonly tokens: TokenSource | undefined;
  /** What is shown, or what gets it. */
  readonly identity: SiteIdentity | SiteAcme;
  readonly challenges: TlsChallenges | undefined;
  readonly hsts: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly drainTimeout: number;
  /** Those of createServer(), without a certificate. */
  readonly server: ServerOptions;
}

const DRAIN_MS = 10_000;

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME
 */
export function parseServeOptions(options: ServeOptions): SiteSettings {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw invalidType('options', 'of type object', options);
  }
  const {
    names: given,
    app,
    upgrade,
    static: folder,
    address,
    family,
    https = 443,
    http: plain = 80,
    ...more
  } = options;
  const { hsts, headers, acme, tokens, challenges, drainTimeout = DRAIN_MS, ...shown } = more;
  const { certificate, pfx, cert, key, passphrase, store, fallback, ...server } = shown;
  for (const [name, value] of Object.entries({ app, upgrade })) {
    if (value !== undefined && typeof value !== 'function') {
      throw invalidType(`options.${name}`, 'of type function', value);
    }
  }
  if (address !== undefined && typeof address !== 'string') {
    throw invalidType('options.address', 'of type string', address);
  }
  // Callers in JavaScript may pass any value.
  if (family !== undefined && ![4, 6].includes(family)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'family' must be 4 or 6. Received ${String(family)}`,
    );
  }
  integerWithin('options.https', https, 0, 65_535);
  if (plain !== false) integerWithin('options.http', plain, 0, 65_535);
  integerWithin('options.drainTimeout', drainTimeout, 0, LONGEST_TIMER_MS);
  const names = siteNames(given);
  const identity = { certificate, pfx, cert, key, passphrase };
  if (acme !== undefined && Object.values(identity).some((value) => value != null)) throw twoCertificates();
  const managed =
    acme === undefined
      ? null
      : siteAcme(acme, {
          ...{ names, store, fallback },
          // Whether the site listens on 127.0.0.1 is not known, if it is told where.
          ports:
            address === undefined && family !== 6
              ? { https, http: plain === false ? null : plain }
              : { https: 0, http: plain === false ? null : 0 },
          temporaryKeys: server.temporaryKeys ?? undefined,
        });
  return {
    names,
    app: app ?? null,
    upgrade: upgrade ?? null,
    files: folder === undefined ? null : staticFiles(folder),
    address,
    family,
    ports: { https, http: plain === false ? null : plain },
    tokens: tokens ?? managed?.tokens,
    challenges: challenges ?? managed?.challenges,
    identity: managed ?? siteIdentity({ ...identity, store, fallback }, names),
    hsts: strictTransport(hsts),
    headers: securityHeaders(headers),
    drainTimeout,
    server,
  };
}

const twoCertificates = (): TypeError =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'acme' gets the certificate: 'certificate', 'pfx' and 'cert' can't be given too",
  );
