import type { Duplex } from 'node:stream';
import type { ClientTunnelOptions } from './options.js';

type Protocol = NonNullable<ClientTunnelOptions['starttls']>;

/**
 * What the local client is told when TLS is up: servers don't greet again after STARTTLS, and what this one said before
 * was not protected. ManageSieve does greet again; in the others the client begins.
 */
const GREETINGS: Readonly<Partial<Record<Protocol, (server: string) => string>>> = {
  smtp: (server) => `220 ${server} ESMTP\r\n`,
  lmtp: (server) => `220 ${server} LMTP\r\n`,
  imap: () => '* OK ready\r\n',
  pop3: () => '+OK ready\r\n',
  nntp: () => '200 ready\r\n',
};

/** Says what the local client expects before it begins. @throws Error if the client closes, or doesn't begin in time */
export async function greet(
  clear: Duplex,
  {
    protocol,
    server,
    within,
  }: { readonly protocol: Protocol; readonly server: string; readonly within: AbortSignal },
): Promise<void> {
  const greeting = GREETINGS[protocol]?.(server);
  if (greeting !== undefined) clear.write(greeting);
  if (protocol === 'postgres') await answerOffers(clear, within);
}

const OFFER_BYTES = 8;

/** SSLRequest and GSSENCRequest: the whole message, with its length. */
const OFFERS: readonly Buffer[] = [
  Buffer.from('0000000804d2162f', 'hex'),
  Buffer.from('0000000804d21630', 'hex'),
];

/**
 * PostgreSQL's clients ask for encryption first. Here there is none, which 'N' says, and then they begin in the clear
 * or give up.
 */
async function answerOffers(clear: Duplex, within: AbortSignal): Promise<void> {
  // Each kind once: a client that asks again would never stop.
  for (let left = OFFERS.length; left > 0; left -= 1) {
    const start = await firstBytes(clear, OFFER_BYTES, within);
    if (!OFFERS.some((offer) => offer.equals(start))) {
      clear.unshift(start);
      return;
    }
    clear.write('N');
  }
}

/** So many bytes, which are gone from the stream. */
function firstBytes(stream: Duplex, length: number, within: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const bytes = stream.read(length) as Buffer | null;
      if (bytes === null) return;
      // At the end it gives what is left, which can't be put back any more and is no beginning.
      if (bytes.length < length) {
        fail();
        return;
      }
      detach();
      resolve(bytes);
    };
    const fail = (): void => {
      detach();
      reject(stream.errored ?? new Error('The local client closed the connection before it began'));
    };
    const abort = (): void => {
      detach();
      reject(within.reason as Error);
    };
    const detach = (): void => {
      stream.off('readable', look).off('end', fail).off('close', fail).off('error', fail);
      within.removeEventListener('abort', abort);
    };
    stream.on('readable', look).on('end', fail).on('close', fail).on('error', fail);
    within.addEventListener('abort', abort, { once: true });
    if (within.aborted) abort();
    else look();
  });
}
