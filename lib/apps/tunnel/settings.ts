import net from 'node:net';
import { type StartTlsProtocolName, startTlsProtocols } from '../../adapters/starttls/start-tls.js';
import {
  IMPLICIT_WAIT,
  type ServerProtocolName,
  serverProtocols,
  speaksFirst,
} from '../../adapters/starttls/server/answer.js';
import type { ProxyStep } from '../../adapters/proxy/index.js';
import { routeOf } from '../../adapters/proxy/steps.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import { type HostPattern, hostPattern } from '../../tls/server/host-pattern.js';
import { type Judge, judgeOf } from './allow.js';
import { type Address, parseEndpoint, parseEndpoints, parseTargets, type Target } from './endpoint.js';
import type {
  ClientTlsOptions,
  ClientTunnelOptions,
  CommonTunnelOptions,
  ServerTlsOptions,
  ServerTunnelOptions,
  TunnelLimits,
  TunnelOptions,
  TunnelRoute,
  TunnelTimeouts,
} from './options.js';

import { parseProxyProtocol, type ProxySettings } from './proxy-protocol.js';

/** The options of a tunnel, checked, with their defaults. */
export type TunnelSettings = ClientSettings | ServerSettings;

interface CommonSettings {
  readonly name: string;
  readonly accept: Address;
  readonly connect: readonly Target[];
  readonly failover: 'prio' | 'rr';
  readonly judge: Judge;
  /** In milliseconds; 0 is no limit. */
  readonly timeouts: Readonly<Required<Record<keyof TunnelTimeouts, number>>>;
  readonly limits: Readonly<Required<Record<keyof TunnelLimits, number>>>;
  readonly buffer: number;
  readonly localAddress: string | undefined;
  readonly reset: boolean;
  readonly allowTruncation: boolean;
  readonly proxyProtocol: ProxySettings;
}

export interface ClientSettings extends CommonSettings {
  readonly mode: 'client';
  readonly starttls: ClientTunnelOptions['starttls'];
  readonly through: readonly ProxyStep[];
  readonly tls: ClientTlsOptions;
}

export interface ServerSettings extends CommonSettings {
  readonly mode: 'server';
  readonly tls: ServerTlsOptions;
  readonly starttls: ServerStartTls | null;
  readonly certificateOptional: boolean;
  readonly demand: Demand;
  readonly redirect: readonly Address[] | null;
  /** In the order of addContext(): if several match, the last one counts. */
  readonly routes: readonly Route[];
}

/** What clients have to show. */
export interface Demand {
  readonly certificate: boolean;
  /** It has to be trusted. */
  readonly trust: boolean;
}

/** How clients ask for TLS. */
export interface ServerStartTls {
  readonly protocol: ServerProtocolName;
  /** How many milliseconds they have to begin with TLS instead; null if they may not. */
  readonly implicitTls: number | null;
}

export interface Route {
  readonly name: string;
  readonly pattern: HostPattern;
  readonly tls: TunnelRoute['tls'];
  readonly connect: readonly Target[];
  readonly judge: Judge;
  readonly demand: Demand;
}

/** The name of a tunnel without one. */
export const UNNAMED = 'tunnel';

const LOOPBACK = '127.0.0.1';

/** Of both families, where the machine has them. */
const EVERYWHERE = '::';

const TIMEOUTS = {
  connect: 10_000,
  handshake: 120_000,
  busy: 300_000,
  idle: 43_200_000,
  close: 60_000,
  lifetime: 0,
} as const;

const LIMITS = { connections: 10_000, handshakes: 1_000 } as const;
const MOST = 1_000_000;
const BUFFER = 65_536;
const LARGEST_BUFFER = 16 << 20;

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS; RangeError ERR_OUT_OF_RANGE. What
 *   concerns TLS is checked by connect() and createServer()
 */
export function parseTunnelOptions(options: TunnelOptions): TunnelSettings {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw invalidType('options', 'of type object', options);
  }
  // Callers in JavaScript may pass any value.
  const { mode } = options as { readonly mode: unknown };
  if (mode !== 'client' && mode !== 'server') throw oneOf('mode', ['client', 'server'], mode);
  return options.mode === 'client' ? clientSettings(options) : serverSettings(options);
}

/**
 * Protocols whose client must know of TLS: it has a second connection to secure, or goes on with what was said before.
 */
const NEED_THEIR_CLIENT: readonly StartTlsProtocolName[] = ['ftp', 'mysql', 'rdp', 'tds'];

function clientSettings({
  starttls,
  through = [],
  tls = {},
  ...common
}: ClientTunnelOptions): ClientSettings {
  if (typeof tls !== 'object' || (tls as unknown) === null)
    throw invalidType('options.tls', 'of type object', tls);
  const possible = startTlsProtocols.filter((each) => !NEED_THEIR_CLIENT.includes(each));
  if (starttls !== undefined && !(possible as readonly unknown[]).includes(starttls)) {
    throw oneOf('starttls', possible, starttls);
  }
  const settings = {
    ...({ mode: 'client', starttls, through, tls } as const),
    ...commonSettings(common, LOOPBACK, { knowsTls: false }),
  };
  for (const target of settings.connect) {
    if ('host' in target) routeOf(through, target);
    else if (through.length > 0) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        "A target that is a path or a program can't be reached by 'through'",
      );
    }
  }
  // Nothing would be left to compare the certificate with, and a guess would mean not to check it.
  if (!tls.servername && settings.connect.some((target) => !('host' in target))) {
    throw argumentError(
      'ERR_MISSING_ARGS',
      "'tls.servername' is required for a target that is a path or a program: the name that the certificate must match",
    );
  }
  return settings;
}

function serverSettings(options: ServerTunnelOptions): ServerSettings {
  const { tls, certificateOptional = false, redirect, routes = {}, ...common } = options;
  if (typeof tls !== 'object' || (tls as unknown) === null)
    throw invalidType('options.tls', 'of type object', tls);
  if (typeof certificateOptional !== 'boolean') {
    throw invalidType('options.certificateOptional', 'of type boolean', certificateOptional);
  }
  if (typeof routes !== 'object' || (routes as unknown) === null) {
    throw invalidType('options.routes', 'of type object', routes);
  }
  const demand = { certificate: tls.requestCert === true, trust: tls.rejectUnauthorized !== false };
  const demands = Object.entries(routes).map(([name, route]) => demandOf(name, route, demand));
  const asksNobody = ![demand, ...demands].some(({ certificate }) => certificate);
  const needsCertificates = {
    allow: common.allow,
    redirect,
    certificateOptional: certificateOptional ? true : undefined,
  };
  for (const [name, value] of Object.entries(needsCertificates)) {
    if (value !== undefined && asksNobody) throw needsRequest(name);
  }
  if (tls.certificate == null && tls.pfx == null && tls.cert == null) {
    throw argumentError(
      'ERR_MISSING_ARGS',
      "'tls' of a server needs a certificate: 'certificate', 'pfx' or 'cert'",
    );
  }
  const starttls = serverStartTls(options);
  const settings = commonSettings(common, EVERYWHERE, {
    // The target of these is connected before.
    knowsTls: starttls === null || !speaksFirst(starttls.protocol),
  });
  return {
    mode: 'server',
    ...settings,
    tls,
    starttls,
    certificateOptional,
    demand,
    // Nobody gets to port 0, so it stands for nowhere.
    redirect: redirect === undefined ? null : endpoints('options.redirect', redirect, 0),
    routes: Object.entries(routes).map(([name, route], at) => {
      const own = demands[at] ?? demand;
      if (route.allow !== undefined && !own.certificate) throw needsRequest(`routes['${name}'].allow`);
      return {
        name,
        pattern: hostPattern(name),
        tls: route.tls,
        connect:
          route.connect === undefined
            ? settings.connect
            : targets(`options.routes['${name}'].connect`, route.connect, common.allowPrograms),
        judge:
          route.allow === undefined
            ? settings.judge
            : judgeOf(`options.routes['${name}'].allow`, route.allow),
        demand: own,
      };
    }),
  };
}

function demandOf(name: string, { requestCert, rejectUnauthorized }: TunnelRoute, general: Demand): Demand {
  for (const [key, value] of Object.entries({ requestCert, rejectUnauthorized })) {
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidType(`options.routes['${name}'].${key}`, 'of type boolean', value);
  }
  return { certificate: requestCert ?? general.certificate, trust: rejectUnauthorized ?? general.trust };
}

function serverStartTls({
  starttls,
  implicitTls,
  redirect,
  routes = {},
}: ServerTunnelOptions): ServerStartTls | null {
  if (implicitTls !== undefined && typeof implicitTls !== 'boolean') {
    throw invalidType('options.implicitTls', 'of type boolean', implicitTls);
  }
  if (starttls === undefined) {
    if (implicitTls === undefined) return null;
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'implicitTls' needs 'starttls'");
  }
  if (!serverProtocols.includes(starttls)) throw oneOf('starttls', serverProtocols, starttls);
  if (speaksFirst(starttls)) {
    const other =
      redirect === undefined
        ? Object.keys(routes).find((name) => routes[name]?.connect !== undefined)
        : 'redirect';
    if (other !== undefined)
      throw greetsFirst(other === 'redirect' ? other : `routes['${other}'].connect`, starttls);
  }
  return { protocol: starttls, implicitTls: implicitTls === true ? IMPLICIT_WAIT : null };
}

function commonSettings(
  options: CommonTunnelOptions,
  host: string,
  kind: { readonly knowsTls: boolean },
): CommonSettings {
  const { name = UNNAMED, accept, connect, failover = 'prio', allow, localAddress } = options;
  const { timeouts = {}, limits = {}, buffer = BUFFER, reset = true, allowTruncation = false } = options;
  if (typeof name !== 'string') throw invalidType('options.name', 'of type string', name);
  const { allowPrograms = false } = options;
  for (const [key, value] of Object.entries({ reset, allowTruncation, allowPrograms })) {
    if (typeof value !== 'boolean') throw invalidType(`options.${key}`, 'of type boolean', value);
  }
  if (!['prio', 'rr'].includes(failover)) throw oneOf('failover', ['prio', 'rr'], failover);
  if (localAddress !== undefined && net.isIP(localAddress) === 0) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'localAddress' must be an IP address. Received ${localAddress}`,
    );
  }
  const { handshakes = LIMITS.handshakes } = limits;
  return {
    name,
    accept: parseEndpoint('options.accept', accept, { host, least: 0 }),
    connect: targets('options.connect', connect, allowPrograms),
    failover,
    judge: judgeOf('options.allow', allow),
    timeouts: numbers('timeouts', TIMEOUTS, timeouts, 0, LONGEST_TIMER_MS),
    limits: numbers('limits', { ...LIMITS, handshakes, perAddress: handshakes }, limits, 1, MOST),
    buffer: integerWithin('options.buffer', buffer, 1024, LARGEST_BUFFER),
    localAddress,
    reset,
    allowTruncation,
    proxyProtocol: parseProxyProtocol(options.proxyProtocol, kind),
  };
}

const targets = (
  name: string,
  value: Parameters<typeof parseTargets>[1],
  programs = false,
): readonly Target[] => parseTargets(name, value, { host: LOOPBACK, least: 1, programs });

const endpoints = (
  name: string,
  value: Parameters<typeof parseEndpoints>[1],
  least: 0 | 1,
): readonly Address[] => parseEndpoints(name, value, { host: LOOPBACK, least });

/** Those that are given, and the defaults of the others. An unknown name is a mistake in writing. */
function numbers<Name extends string>(
  group: string,
  defaults: Readonly<Record<Name, number>>,
  given: Readonly<Partial<Record<Name, number | undefined>>>,
  least: number,
  most: number,
): Readonly<Record<Name, number>> {
  if (typeof given !== 'object' || (given as unknown) === null) {
    throw invalidType(`options.${group}`, 'of type object', given);
  }
  const result: Record<Name, number> = { ...defaults };
  for (const [name, value] of Object.entries(given) as [Name, number | undefined][]) {
    if (!Object.hasOwn(defaults, name)) {
      throw argumentError('ERR_INVALID_ARG_VALUE', `The property '${group}' has no ${JSON.stringify(name)}`);
    }
    if (value !== undefined) result[name] = integerWithin(`options.${group}.${name}`, value, least, most);
  }
  return result;
}

const oneOf = (name: string, possible: readonly string[], value: unknown): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be one of ${possible.join(', ')}. Received ${String(value)}`,
  );

const needsRequest = (name: string): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' needs 'tls.requestCert': without it, clients show no certificate`,
  );

const greetsFirst = (name: string, protocol: ServerProtocolName): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' is not possible with 'starttls: ${protocol}': the target greets clients before TLS`,
  );
