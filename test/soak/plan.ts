import { numbersFrom } from '../support/mutations.js';

export type Role = 'client' | 'server';
export const otherThan = (role: Role): Role => (role === 'client' ? 'server' : 'client');

/** Whose TLS an end speaks. 'ours' is this library. */
export type Library = 'ours' | 'node';

/** 'tls' is TLS in TLS over TCP, 'memory' a pair of streams in this process. */
export const TRANSPORTS = ['tcp', 'pipe', 'tls', 'memory'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/**
 * How a connection ends. 'exchange': both ends send all they have, and end. 'untrusted': the client doesn't know
 * the authority. With the others one end, the actor, gives up: by destroy() without and with an error, by its
 * AbortSignal, or by resetAndDestroy().
 */
export const ACTIONS = ['exchange', 'destroy', 'fail', 'abort', 'reset', 'untrusted'] as const;
export type Action = (typeof ACTIONS)[number];

/** When the actor gives up: before it is connected or secure, or after so many bytes. */
export type Moment =
  'at once' | 'connected' | 'secure' | { readonly got: number } | { readonly sent: number };

/** 'pauses' is a flow that is paused now and then. 'onread' is the option of connect(). */
export type Reading = 'flow' | 'pauses' | 'read' | 'onread';

/** 'flood' does not wait for 'drain'. 'scratch' overwrites its bytes in the callback of write(). */
export type Writing = 'pieces' | 'corked' | 'flood' | 'scratch' | 'bytes';

export interface Manner {
  /** Bytes that this end sends. */
  readonly size: number;
  readonly reading: Reading;
  readonly writing: Writing;
}

/** All that happens on one connection. Both of its ends know it by its number. */
export interface Plan {
  readonly number: number;
  readonly client: Library;
  readonly server: Library;
  /** Whether the end of node:tls is in the other process. */
  readonly isFar: boolean;
  readonly transport: Transport;
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  readonly action: Action;
  readonly actor: Role;
  readonly moment: Moment;
  readonly manner: Readonly<Record<Role, Manner>>;
  /** Of an exchange: who ends first. 'both' end when they like. */
  readonly first: Role | 'both';
  /** Bytes that the other end sends after it has seen the end of the first one. */
  readonly late: number;
  /** The client is given a net.Socket. */
  readonly isGiven: boolean;
  /** The client writes before it is secure. */
  readonly isEager: boolean;
  /** The client's sides end one by one. */
  readonly isHalfOpen: boolean;
  /** Of the client's stream; null for the default. */
  readonly highWaterMark: number | null;
}

export interface PlanSettings {
  readonly seed: number;
  /** Bytes that an end sends at most. */
  readonly largest: number;
  readonly hasTls13: boolean;
  /** Whether the system loses what waits to be written when the peer ends its side (docs/rig.md, Limits). */
  readonly losesWrites: boolean;
  /** node:tls stands in for this library. */
  readonly isControl: boolean;
}

/** As much as a socket takes at once where waiting writes can be lost. */
const TAKEN_AT_ONCE = 4096;

/** What happens on the connection of this number, the same at any time. */
export function planOf(number: number, settings: PlanSettings): Plan {
  const below = numbersFrom(Math.imul(settings.seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const chance = (percent: number): boolean => below(100) < percent;

  const [client, server] = pick([
    ['ours', 'node'],
    ['node', 'ours'],
    ['ours', 'ours'],
  ] as const);
  const transport = pick(['tcp', 'tcp', 'tcp', 'pipe', 'tls', 'memory'] as const);
  const isFar = client !== server && transport !== 'memory' && chance(75);
  const action = chance(55) ? 'exchange' : pick(actionsOver(transport, settings));
  const actor = actorOf(action, { client, server }, pick(['client', 'server'] as const));
  const isGiven = client === 'node' || transport === 'tls' || transport === 'memory' || chance(30);
  const mannerOf = (role: Role): Manner => {
    const size = sizeBelow(transport === 'tls' ? settings.largest >> 2 : settings.largest, below);
    const canOnread = role === 'client' && client === 'ours' && !isGiven;
    return {
      size,
      reading: pick(['flow', 'pauses', 'read', ...(canOnread ? (['onread'] as const) : [])]),
      writing: pick(['pieces', 'corked', 'flood', 'scratch', ...(size <= 2000 ? (['bytes'] as const) : [])]),
    };
  };
  const manner = { client: mannerOf('client'), server: mannerOf('server') };
  const isOnlyOurs = client === 'ours' && server === 'ours' && !settings.isControl;
  const limit = halfCloseLimit(transport, isOnlyOurs, settings);
  const areSmall = manner.client.size <= limit && manner.server.size <= limit;
  const first = areSmall && chance(40) ? 'both' : pick(['client', 'server'] as const);
  // A client that isn't half-open ends by itself behind the server's end.
  const isHalfOpen = first === 'both' || chance(70);
  const second = first === 'both' ? null : otherThan(first);
  const mayBeLate = second === 'server' || (second === 'client' && isHalfOpen);
  const late = second !== null && mayBeLate ? below(Math.min(limit, manner[second].size) + 1) : 0;
  return {
    ...{ number, client, server, isFar, transport, action, actor, manner, first, late, isGiven, isHalfOpen },
    version: settings.hasTls13 && chance(50) ? 'TLSv1.3' : 'TLSv1.2',
    moment: momentOf(actor, transport, manner, below),
    isEager: chance(30),
    highWaterMark: chance(30) ? 1 << (8 + below(12)) : null,
  };
}

/** A socket of node:tls can't be reset: it throws, and resetting the socket underneath ends the process. */
function actorOf(action: Action, libraries: Readonly<Record<Role, Library>>, drawn: Role): Role {
  if (action === 'abort' || action === 'untrusted') return 'client';
  return action === 'reset' && libraries[drawn] === 'node' ? otherThan(drawn) : drawn;
}

/** Only TCP knows a reset. */
function actionsOver(transport: Transport, { isControl }: PlanSettings): readonly Action[] {
  const all = ['destroy', 'destroy', 'fail', 'abort', 'untrusted'] as const;
  const knowsReset = transport === 'tcp' || transport === 'tls';
  return knowsReset && !isControl ? [...all, 'reset', 'reset'] : all;
}

/**
 * Bytes that may be on their way while the peer ends its side. A named pipe has no sides, and node:tls loses some of
 * them over streams that are not libuv's.
 */
function halfCloseLimit(
  transport: Transport,
  isOnlyOurs: boolean,
  { losesWrites, largest }: PlanSettings,
): number {
  if (transport === 'pipe') return 0;
  if ((transport === 'memory' || transport === 'tls') && !isOnlyOurs) return 0;
  return losesWrites && transport !== 'memory' ? TAKEN_AT_ONCE : largest;
}

/** Each power of two is as likely as the next. */
function sizeBelow(largest: number, below: (limit: number) => number): number {
  const magnitude = 1 << below(Math.floor(Math.log2(largest)) + 1);
  return Math.min(largest, magnitude + below(magnitude));
}

function momentOf(
  actor: Role,
  transport: Transport,
  manner: Plan['manner'],
  below: (limit: number) => number,
): Moment {
  const choice = below(10);
  // The server's end exists once it is secure.
  if (actor === 'client' && choice === 0) return 'at once';
  // What TLS is given for a transport is connected already.
  if (actor === 'client' && choice === 1 && (transport === 'tcp' || transport === 'pipe')) return 'connected';
  if (choice <= 2) return 'secure';
  return choice < 7
    ? { got: 1 + below(manner[otherThan(actor)].size) }
    : { sent: 1 + below(manner[actor].size) };
}

/** In words, for who looks for what went wrong. */
export function describePlan(plan: Plan): string {
  const { number, client, server, isFar, transport, version, action, actor, moment, manner, first, late } =
    plan;
  const of = (role: Role): string => {
    const { size, reading, writing } = manner[role];
    return `${role} sends ${size} (${writing}), reads by ${reading}`;
  };
  return [
    `#${number} ${client} to ${server}${isFar ? ' in the other process' : ''} over ${transport}, ${version}`,
    action === 'exchange' ? `${first} first, ${late} bytes late` : `${action} by the ${actor}`,
    ...(action === 'exchange' || action === 'untrusted' ? [] : [JSON.stringify(moment)]),
    of('client'),
    of('server'),
    `given ${plan.isGiven}, eager ${plan.isEager}, half-open ${plan.isHalfOpen}, mark ${plan.highWaterMark ?? 'default'}`,
  ].join('; ');
}
