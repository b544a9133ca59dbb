import { AbstractConnector, type RedisOptions } from 'ioredis';
import type net from 'node:net';

import { argumentError } from '../../base/errors/argument-error.js';
import { connect as connectTls } from '../../tls/connect.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

/**
 * The options of a Redis of ioredis that secure its connections.
 *
 * ```js
 * new Redis({ host: 'redis.example', port: 6380, ...schannelRedis({ certificate: { subject: 'anna' } }) });
 * ```
 *
 * @param options those of connect()
 * @param connect what opens connections; by default Schannel's connect()
 * @throws TypeError ERR_INVALID_ARG_VALUE from `new Redis()` for `sentinels` and `path`
 */
export function schannelRedis(
  options: TlsOptions = {},
  connect: Connect = connectTls,
): Required<Pick<RedisOptions, 'Connector'>> {
  class Connector extends AbstractConnector {
    readonly #target: RedisOptions;

    constructor(target: unknown) {
      const given = target as RedisOptions;
      // ioredis would say nothing, and go to localhost.
      const other = (['sentinels', 'path'] as const).find((name) => given[name]);
      if (other) throw argumentError('ERR_INVALID_ARG_VALUE', `${other} needs schannel/register`);
      super(given.disconnectTimeout ?? DISCONNECT_TIMEOUT);
      this.#target = given;
    }

    /** Also what connect() throws comes by the promise: after an exception, commands of ioredis wait and never end. */
    override connect(): Promise<net.Socket> {
      return new Promise((resolve) => {
        this.connecting = true;
        const { host = 'localhost', port = 6379, family } = this.#target;
        const socket = connect({ host, port, family, ...options });
        socket.once('error', (error: Error) => (this.firstError = error));
        this.stream = socket;
        resolve(socket);
      });
    }
  }
  return { Connector };
}

/** The default of ioredis, in milliseconds. */
const DISCONNECT_TIMEOUT = 2000;
