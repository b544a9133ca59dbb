import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startPeer } from './peers.js';

/** One smtpd of the server, with its own certificate, or without TLS. */
export interface PostfixService {
  readonly name: string;
  readonly cert?: string;
  readonly key?: string;
  /** TLS from the first byte. */
  readonly implicit?: boolean;
}

export interface Postfix {
  readonly ports: Readonly<Record<string, number>>;
  /** The next message as it was stored: LF line ends, trace headers in front. */
  nextMessage(): Promise<Buffer>;
  stop(): Promise<void>;
}

/**
 * Postfix on the machine beside; it accepts every recipient in mail.test. `needsPeer(this, 'postfix')` comes before.
 * @param lmtp a port that gets the mail; otherwise it is stored
 */
export async function startPostfix(services: readonly PostfixService[], lmtp?: number): Promise<Postfix> {
  const options = JSON.stringify({ domain: 'mail.test', services, lmtp });
  const peer = await startPeer('postfix', ['{file:services.json}'], { files: { 'services.json': options } });
  const lines = createInterface({ input: peer.stdout });
  const printed: string[] = [];
  lines.on('line', (line) => printed.push(line));
  const nextLine = async (): Promise<string> => {
    while (printed.length === 0) {
      const ended = peer.exited.then(() => Promise.reject(new Error(`Postfix ended:\n${peer.output()}`)));
      await Promise.race([once(lines, 'line'), ended]);
    }
    return printed.shift() ?? '';
  };
  const { ports } = JSON.parse(await nextLine()) as { ports: Record<string, number> };
  return {
    ports,
    nextMessage: async () => {
      const { message } = JSON.parse(await nextLine()) as { message: string };
      return Buffer.from(message, 'base64');
    },
    stop: async () => {
      peer.stdin.end();
      await peer.exited;
    },
  };
}
