import net from 'node:net';
import path from 'node:path';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import type { Endpoint, ProgramEndpoint } from './options.js';

/** An end of a tunnel, checked. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** A program that is started for each connection. */
export interface ProgramAddress {
  readonly program: string;
  readonly args: readonly string[];
  /** What the program is told as its own name; null for its path. */
  readonly argv0: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/** Where connections go. */
export type Target = Address | ProgramAddress;

/** What an end lacks. */
interface Defaults {
  readonly host: string;
  /** The least port: 0 where any free one is good. */
  readonly least: 0 | 1;
}

const LAST_PORT = 65_535;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
export function parseEndpoint(name: string, value: Endpoint, { host, least }: Defaults): Address {
  if (typeof value === 'number') return { host, port: integerWithin(name, value, least, LAST_PORT) };
  if (typeof value === 'string') return parseText(name, value, { host, least });
  if (typeof value !== 'object' || (value as unknown) === null) {
    throw invalidType(name, 'a port, an address with a port, or a path', value);
  }
  if ('path' in value) {
    if (typeof value.path !== 'string') throw invalidType(`${name}.path`, 'of type string', value.path);
    if (value.path === '') throw invalidText(name, value.path);
    return { path: value.path };
  }
  const { host: given = host, port } = value;
  if (typeof given !== 'string') throw invalidType(`${name}.host`, 'of type string', given);
  return {
    host: checkedHost(name, given, given),
    port: integerWithin(`${name}.port`, port, least, LAST_PORT),
  };
}

/** One, or a list with at least one. @throws as {@link parseEndpoint} */
export function parseEndpoints(
  name: string,
  value: Endpoint | readonly Endpoint[],
  defaults: Defaults,
): readonly Address[] {
  const list = Array.isArray(value) ? (value as readonly Endpoint[]) : [value as Endpoint];
  if (list.length === 0) throw isEmpty(name);
  return list.map((each, at) =>
    parseEndpoint(Array.isArray(value) ? `${name}[${at}]` : name, each, defaults),
  );
}

/** As {@link parseEndpoints}, and programs where they are allowed. */
export function parseTargets(
  name: string,
  value: Endpoint | ProgramEndpoint | readonly (Endpoint | ProgramEndpoint)[],
  { programs, ...defaults }: Defaults & { readonly programs: boolean },
): readonly Target[] {
  const isList = Array.isArray(value);
  const list = isList ? (value as readonly (Endpoint | ProgramEndpoint)[]) : [value as Endpoint];
  if (list.length === 0) throw isEmpty(name);
  return list.map((each, at) => {
    const own = isList ? `${name}[${at}]` : name;
    if (!isProgram(each)) return parseEndpoint(own, each, defaults);
    if (programs) return parseProgram(own, each);
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property '${own}' is a program. That needs the option 'allowPrograms: true'`,
    );
  });
}

const isProgram = (value: Endpoint | ProgramEndpoint): value is ProgramEndpoint =>
  // Callers in JavaScript may pass any value.
  typeof value === 'object' && (value as unknown) !== null && 'program' in value;

function parseProgram(
  name: string,
  { program, args = [], argv0, env = {} }: ProgramEndpoint,
): ProgramAddress {
  for (const [key, text] of Object.entries({ program, ...(argv0 !== undefined && { argv0 }) })) {
    checkText(`${name}.${key}`, text);
  }
  if (!path.isAbsolute(program)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property '${name}.program' must be a complete path. Received ${JSON.stringify(program.slice(0, 100))}`,
    );
  }
  if (!Array.isArray(args)) throw invalidType(`${name}.args`, 'a list', args);
  args.forEach((each, at) => checkText(`${name}.args[${at}]`, each));
  if (typeof env !== 'object' || (env as unknown) === null) {
    throw invalidType(`${name}.env`, 'of type object', env);
  }
  for (const [key, text] of Object.entries(env)) {
    checkText(`${name}.env`, key);
    checkText(`${name}.env.${key}`, text);
    if (key === '' || key.includes('=')) {
      throw argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}.env' has an impossible name`);
    }
  }
  return { program, args, argv0: argv0 ?? null, env };
}

/** The system would end it at a NUL. */
function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
  if (value.includes('\0')) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' must not have a NUL`);
  }
}

/** '127.0.0.1:143', '[::1]:143', '\\\\.\\pipe\\name', 'exec:C:\\mail\\imapd.exe'. */
export function addressText(target: Target): string {
  if ('program' in target) return `exec:${target.program}`;
  return 'path' in target ? target.path : hostAndPort(target.host, target.port);
}

/** Of a host named 'exec' it is a port that follows. */
export const isProgramText = (text: string): boolean => /^exec:.*[\\/]/.test(text);

export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

export const isSameAddress = (one: Address, other: Address): boolean =>
  addressText(one) === addressText(other);

/** Only this machine can reach it. */
export const isLoopback = (address: Address): boolean =>
  'path' in address ||
  // A name may begin like an address.
  (net.isIPv4(address.host) && address.host.startsWith('127.')) ||
  /^(::1|localhost)$/i.test(address.host);

function parseText(name: string, text: string, { host, least }: Defaults): Address {
  if (text.startsWith('\\\\') || text.startsWith('/')) return { path: text };
  const colon = text.lastIndexOf(':');
  const given = text.slice(0, Math.max(colon, 0));
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < least || port > LAST_PORT) throw invalidText(name, text);
  if (given === '') return { host, port };
  return { host: checkedHost(name, given.replace(/^\[(.*)\]$/, '$1'), text), port };
}

/** It goes to the resolver, and into messages. */
function checkedHost(name: string, host: string, text: string): string {
  const isAddress = net.isIP(host) !== 0;
  if (host.length > 253 || (!isAddress && !/^[\p{L}\p{N}._-]+$/u.test(host))) throw invalidText(name, text);
  return host;
}

const isEmpty = (name: string): Error =>
  argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' is empty`);

const invalidText = (name: string, text: string): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be a port, host:port, [address]:port or a path. Received ${JSON.stringify(text.slice(0, 100))}`,
  );
