import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectThrough } from '../adapters/proxy/connect-through.js';
import type { StartTls } from '../adapters/starttls/start-tls.js';
import type { Inspectable } from '../formats/description/connection.js';
import type { TlsOptions } from './tls-options.js';

export type SecureSocket = Socket & Inspectable;

/** The options a command gives connect(). */
export interface ConnectOptions extends Partial<TlsOptions> {
  host?: string | undefined;
  socket?: Duplex | undefined;
  ALPNProtocols?: string[];
}

/** How the commands use TLS. Outside of tests it is connect(), startTls() and connectThrough() of this package. */
export interface CommandTls {
  /** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM: called before a command begins */
  ready(): void;
  connect(options: ConnectOptions): SecureSocket;
  startTls: StartTls<ConnectOptions, SecureSocket>;
  connectThrough: ConnectThrough<object, Socket>;
}
