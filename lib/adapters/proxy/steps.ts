import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import { encodeProxyHeader } from '../../formats/proxy-protocol/encode-header.js';
import type { SignInScheme } from '../../windows/negotiate/sign-in.js';
import type { ProxiedAddresses, ProxyFacts } from '../../formats/proxy-protocol/header.js';

/** A proxy that is asked to connect to what comes next. */
export interface ProxyServerStep<TlsOptions> {
  /** 'connect': CONNECT of HTTP (RFC 9110 §9.3.6), with Basic (RFC 7617). 'socks5': RFC 1928, with RFC 1929. */
  readonly protocol: 'connect' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Account at the proxy, if it wants one. Without `tls` it is sent in the clear. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /**
   * How to sign in to an HTTP proxy. Default 'basic'. 'negotiate' (Kerberos, or else NTLM) and 'ntlm' are done by
   * Windows, when the proxy asks for it: with `user` ('COMPANY\\anna', 'anna@company.example') and `password`, or
   * without them as the user of this process.
   */
  readonly auth?: ProxyAuth | undefined;
  /** With 'negotiate': the proxy must prove who it is, which only Kerberos can. Default false. */
  readonly mutual?: boolean | undefined;
  /** The proxy itself is reached by TLS (https://…): options of connect(), `{}` for the defaults. */
  readonly tls?: TlsOptions | undefined;
}

export type ProxyAuth = 'basic' | SignInScheme;

/** A header of the PROXY protocol is sent to the end of the chain so far, before anything else. */
export interface ProxyHeaderStep {
  readonly protocol: 'proxy';
  readonly version: 1 | 2;
  /**
   * Whose connection it is. Default: that of this process, if no proxy comes before, or else null. Null says that the
   * sender speaks for itself (UNKNOWN, LOCAL).
   */
  readonly addresses?: ProxiedAddresses | null | undefined;
  /** For version 2. */
  readonly facts?: ProxyFacts | undefined;
}

export type ThroughStep<TlsOptions> = ProxyServerStep<TlsOptions> | ProxyHeaderStep;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** More are a mistake. */
const MOST_STEPS = 16;

/** RFC 1929 §2 has one octet for the length of each. HTTP has no limit, but nobody has more. */
const LONGEST_ACCOUNT = 255;

/** Steps that were checked, and the stops on the way: proxies, and the target. */
export interface Route<TlsOptions> {
  readonly steps: readonly ThroughStep<TlsOptions>[];
  /** Each is asked for the next one, which has a name that any proxy can be told. At least the target. */
  readonly stops: readonly HostAndPort[];
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS; RangeError ERR_OUT_OF_RANGE */
export function routeOf<TlsOptions>(
  through: readonly ThroughStep<TlsOptions>[],
  target: HostAndPort,
): Route<TlsOptions> {
  const given: unknown = through;
  if (!Array.isArray(given)) throw invalidType('options.through', 'an array', through);
  if (through.length > MOST_STEPS) throw wrong(`through has at most ${MOST_STEPS} steps`);
  const stops: HostAndPort[] = [];
  for (const [at, step] of through.entries()) {
    const name = `options.through[${at}]`;
    checkStep(step, name);
    if (step.protocol !== 'proxy') stops.push(checkedStop(step, `${name}.`, stops.length > 0));
  }
  return { steps: through, stops: [...stops, checkedStop(target, 'options.', stops.length > 0)] };
}

function checkStep(step: ThroughStep<unknown>, name: string): void {
  // Callers in JavaScript may pass anything.
  if (typeof step !== 'object' || (step as unknown) === null) throw invalidType(name, 'of type object', step);
  switch (step.protocol) {
    case 'proxy':
      // For what it throws: later would be too late.
      encodeProxyHeader({ ...step, addresses: step.addresses ?? null });
      return;
    case 'connect':
    case 'socks5':
      checkAuth(step, name);
      checkAccount(step, name);
      return;
    default:
      throw wrong(
        `${name}.protocol must be connect, socks5 or proxy, not ${String((step as { readonly protocol?: unknown }).protocol)}`,
      );
  }
}

function checkAuth(
  { protocol, auth = 'basic', mutual = false }: ProxyServerStep<unknown>,
  name: string,
): void {
  if (!['basic', 'negotiate', 'ntlm'].includes(auth)) {
    throw wrong(`${name}.auth must be basic, negotiate or ntlm, not ${auth}`);
  }
  if (protocol === 'socks5' && auth !== 'basic') throw wrong(`${name}.auth is for HTTP proxies`);
  if (typeof mutual !== 'boolean') throw invalidType(`${name}.mutual`, 'of type boolean', mutual);
  if (mutual && auth !== 'negotiate') throw wrong(`${name}.mutual needs auth: 'negotiate'`);
}

/** The message never has the value of `password`. */
function checkAccount(
  { protocol, auth = 'basic', user, password }: ProxyServerStep<unknown>,
  name: string,
): void {
  if (user === undefined) {
    if (password === undefined) return;
    throw argumentError('ERR_MISSING_ARGS', `${name}.user is required with a password`);
  }
  for (const [part, value] of [
    ['user', user],
    ['password', password ?? ''],
  ] as const) {
    if (typeof (value as unknown) !== 'string')
      throw argumentError('ERR_INVALID_ARG_TYPE', `${name}.${part} must be of type string`);
    if (Buffer.byteLength(value) > LONGEST_ACCOUNT)
      throw wrong(`${name}.${part} has more than ${LONGEST_ACCOUNT} bytes`);
    if (/[\p{Cc}]/u.test(value)) throw wrong(`${name}.${part} must not have control characters`);
  }
  if (user === '') throw wrong(`${name}.user must not be empty`);
  if (protocol === 'connect' && auth === 'basic' && user.includes(':')) {
    throw wrong(
      `${name}.user must not have a colon: Basic (RFC 7617) could not tell where the password begins`,
    );
  }
}

/**
 * @param isTold a proxy is told it: as a name in ASCII, or an address without a zone, so that nothing in it can break
 *   out of a line. Otherwise it is for net.connect()
 */
function checkedStop({ host, port }: HostAndPort, prefix: string, isTold: boolean): HostAndPort {
  if (typeof host !== 'string') throw invalidType(`${prefix}host`, 'of type string', host);
  integerWithin(`${prefix}port`, port, 1, 0xffff);
  if (!isTold || (isIP(host) !== 0 && !host.includes('%'))) return { host, port };
  const name = asciiName(host);
  if (!/^[a-z0-9._-]{1,255}$/i.test(name)) {
    throw wrong(
      `${prefix}host must be a host name or an IP address, not ${JSON.stringify(host.slice(0, 64))}`,
    );
  }
  return { host: name, port };
}

/** What is not ASCII as in the DNS. domainToASCII() would accept line ends and escapes, which are a mistake. */
function asciiName(host: string): string {
  return /^[\x20-\x7e]*$/.test(host) || /[\p{Cc}\s%]/u.test(host) ? host : domainToASCII(host);
}

/** 'mail.example:587', '[::1]:587' */
export const hostAndPort = ({ host, port }: HostAndPort): string =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

const wrong = (message: string): Error => argumentError('ERR_INVALID_ARG_VALUE', message);
