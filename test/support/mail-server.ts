import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A message as the server received it, dot-stuffing undone. */
export interface ReceivedMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: Buffer;
  /** Whether it came over TLS, and as whom the client signed in. */
  readonly secure: boolean;
  readonly user: string | null;
}

export interface MailServer {
  readonly port: number;
  readonly messages: readonly ReceivedMessage[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Passwords that reached the server, over whatever connection. */
  readonly passwords: readonly string[];
  close(): Promise<void>;
}

/** The password that {@link startMailServer} accepts, for any user. */
export const MAIL_PASSWORD = 'correct horse battery staple';

/** smtp-server on a free loopback port. Signing in is possible but not asked for, unless the options say otherwise. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const messages: ReceivedMessage[] = [];
  const passwords: string[] = [];
  let connections = 0;
  const server = new SMTPServer({
    logger: false,
    name: 'mail.test',
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (_session, done) => {
      connections += 1;
      done();
    },
    onAuth: (auth, _session, done) => {
      passwords.push(auth.password ?? '');
      if (auth.password === MAIL_PASSWORD) done(null, { user: auth.username ?? '' });
      else done(new Error('Wrong password'));
    },
    onRcptTo: (address, _session, done) => {
      if (address.address.startsWith('nobody@'))
        done(Object.assign(new Error('No such user'), { responseCode: 550 }));
      else done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        messages.push({
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map((recipient) => recipient.address),
          content: Buffer.concat(chunks),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
        });
        done();
      });
    },
    ...options,
  });
  // A handshake that the client gives up is part of many tests and must not end the process.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    messages,
    passwords,
    get connections() {
      return connections;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
