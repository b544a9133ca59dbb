import type net from 'node:net';

import { connect as connectMqtt, MqttClient, type IClientOptions } from 'mqtt';

import { argumentError } from '../../base/errors/argument-error.js';
import { connect as connectTls } from '../../tls/connect.js';
import type { Connect, TlsOptions } from './options.js';
import { schannelWs } from './ws.js';

export type { Connect, TlsOptions };

/** Options of MQTT.js and of Schannel's connect(). Where both have one, it has the meaning of MQTT.js. */
export type MqttOptions = Omit<IClientOptions, keyof TlsOptions | 'servers' | 'socksProxy'> & TlsOptions;

/**
 * As connect() of MQTT.js, by Schannel.
 *
 * ```js
 * const client = connect('mqtts://broker.example', { certificate: { subject: 'door' }, protocolVersion: 5 });
 * ```
 *
 * @param url `mqtts://` (port 8883) or `wss://` (port 443)
 * @param open what opens connections; by default Schannel's connect(). It is called again for each reconnection
 * @throws TypeError ERR_INVALID_ARG_VALUE for another protocol, and for `servers` and `socksProxy`
 */
export function connect(
  url: string | URL,
  options: MqttOptions = {},
  open: Connect = connectTls,
): MqttClient {
  const { protocol, hostname, port, username, password } = new URL(url);
  refuse(protocol, options);
  const own = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...options,
  } as IClientOptions;
  const tls = options as TlsOptions;
  if (protocol === 'wss:') {
    return connectMqtt(String(url), { ...own, wsOptions: { ...own.wsOptions, ...schannelWs(tls, open) } });
  }
  const target = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 8883) };
  const client = new MqttClient(
    (reconnecting) => tellOf(open({ ...tls, ...target, path: undefined, socket: undefined }), reconnecting),
    { ...own, ...target, protocol: 'mqtts' },
  );
  // As with MQTT.js, a program that does not listen goes on, and the client tries again.
  return client.on('error', () => undefined);
}

/**
 * As connectAsync() of MQTT.js.
 * @throws the first error, and ends the client; ECONNRESET if it does not try again (`reconnectPeriod: 0`) and the
 *   broker closes the connection
 */
export function connectAsync(...args: Parameters<typeof connect>): Promise<MqttClient> {
  const client = connect(...args);
  return new Promise((resolve, reject) => {
    const settle = (): void =>
      void client.off('error', failed).off('close', closed).off('connect', connected);
    const failed = (error: Error): void => {
      settle();
      client.end(true);
      reject(error);
    };
    const closed = (): void => {
      if (!client.options.reconnectPeriod) failed(closedEarly());
    };
    const connected = (): void => {
      settle();
      resolve(client);
    };
    client.on('error', failed).on('close', closed).on('connect', connected);
  });
}

const closedEarly = (): Error =>
  Object.assign(new Error('The broker closed the connection before it accepted the client'), {
    code: 'ECONNRESET',
  });

/** MqttClient has no ears for what goes wrong with its stream. */
function tellOf(socket: net.Socket, client: MqttClient): net.Socket {
  const tell = (error: Error): void => void client.emit('error', error);
  return socket.once('error', tell).once('secureConnect', () => socket.off('error', tell));
}

function refuse(protocol: string, options: object): void {
  if (protocol !== 'mqtts:' && protocol !== 'wss:')
    throw argumentError('ERR_INVALID_ARG_VALUE', `The URL must begin with mqtts: or wss:, not ${protocol}`);
  const name = ['servers', 'socksProxy'].find((each) => Reflect.get(options, each) !== undefined);
  if (name)
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `${name} is for mqtt with schannel/register, not for connect()`,
    );
}
