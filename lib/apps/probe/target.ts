import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import {
  askForTls,
  startTlsProtocols,
  type StartTlsProtocolName,
} from '../../adapters/starttls/start-tls.js';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import type { Open } from './exchange.js';
import type { ReportedTarget } from './report.js';

/** A server. */
export interface ProbeServer {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** The name in the hellos; default `host`, unless it is an address. */
  readonly servername?: string | undefined;
  /** The protocol in which TLS is asked for; by default TLS begins at once. */
  readonly starttls?: StartTlsProtocolName | undefined;
}

/** A server, or a function that connects to it. It is called for each connection. */
export type ProbeTarget = ProbeServer | (() => Duplex);

/** How to reach a target, and what the report says of it. @throws TypeError, RangeError for wrong arguments */
export function targetOf(
  target: ProbeTarget,
  timeout: number,
): { readonly open: Open; readonly reported: ReportedTarget } {
  if (typeof target === 'function') {
    const open: Open = async () => Promise.resolve(streamOf(target));
    return { open, reported: { host: null, port: null, servername: null, starttls: null } };
  }
  const { host, port, servername, starttls } = checked(target);
  const reported = {
    host,
    port,
    servername: servername ?? (net.isIP(host) === 0 ? host : null),
    starttls: starttls ?? null,
  };
  const open: Open = async (signal) => {
    const socket = net.connect({ host, port, signal });
    // An error may come before the caller listens. The caller then sees that the socket is destroyed.
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect');
    } catch (error) {
      socket.destroy();
      throw error;
    }
    if (starttls === undefined) return socket;
    return askForTls(socket, {
      protocol: starttls,
      host: servername ?? host,
      dialogueTimeout: timeout,
      signal,
    });
  };
  return { open, reported };
}

function streamOf(connect: () => Duplex): Duplex {
  const stream: unknown = connect();
  const has = (name: string): boolean =>
    typeof stream === 'object' && stream !== null && typeof Reflect.get(stream, name) === 'function';
  if (['on', 'write', 'destroy'].every(has)) return stream as Duplex;
  throw argumentError('ERR_INVALID_ARG_TYPE', 'the function for the target must return a Duplex');
}

/** ASCII: it goes into hellos as it is. */
const NAME = /^[\x21-\x7e]{1,254}$/;

function checked(target: ProbeServer): ProbeServer {
  const given: unknown = target;
  if (typeof given !== 'object' || given === null)
    throw invalidType('target', 'an object or a function', given);
  const { host, port, servername, starttls } = target;
  if (typeof host !== 'string' || host === '') throw invalidType('target.host', 'a name or an address', host);
  integerWithin('target.port', port, 1, 65_535);
  if (servername !== undefined && !NAME.test(servername)) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'target.servername must be a name of ASCII characters');
  }
  if (starttls !== undefined && !startTlsProtocols.includes(starttls)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `target.starttls must be one of ${startTlsProtocols.join(', ')}`,
    );
  }
  return target;
}
