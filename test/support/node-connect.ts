import tls from 'node:tls';
import type { Connect } from 'schannel/ws';

/** node:tls in place of Schannel's connect(), where there is none; it keeps the options of each connection. */
export interface NodeConnect {
  readonly connect: Connect;
  readonly calls: Readonly<Record<string, unknown>>[];
  /** The last connection. */
  readonly socket: () => tls.TLSSocket | undefined;
}

/** @param ca PEM of the root that clients trust, besides the options that they are given */
export function nodeConnect(ca: string): NodeConnect {
  const calls: Readonly<Record<string, unknown>>[] = [];
  let socket: tls.TLSSocket | undefined;
  return {
    calls,
    socket: () => socket,
    connect: (options) => {
      calls.push({ ...options });
      const given: object = options;
      socket = tls.connect({ ca, ...given });
      return socket;
    },
  };
}
