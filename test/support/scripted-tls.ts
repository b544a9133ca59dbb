import { type Duplex, duplexPair } from 'node:stream';
import { readExtensionList } from '#lib/formats/server-flight/server-hello.js';
import { ByteReader } from '#lib/formats/tls-wire/byte-reader.js';
import { ClientHelloReader } from '#lib/formats/client-hello/hello-reader.js';
import type { ClientHello } from '#lib/formats/client-hello/client-hello.js';

/** Bytes, or what else a server does. Slow bytes are sent one by one, by drip(). */
export type Reply = Uint8Array | { readonly slowly: Uint8Array } | 'cut' | 'silent';

/**
 * What a server does about a hello; `connection` counts from 1, `groups` are offered. Null is a hello that our reader
 * refuses.
 */
export type Behaviour = (
  hello: ClientHello | null,
  connection: number,
  groups: readonly number[],
) => Reply | readonly Reply[];

/** A server of hellos in memory, that counts its connections. */
export class ScriptedTls {
  readonly #behave: Behaviour;
  readonly #clients = new Set<Duplex>();
  readonly #slow = new Map<Duplex, number[]>();
  connections = 0;
  open = 0;
  /** Most connections at the same time. */
  most = 0;

  constructor(behave: Behaviour) {
    this.#behave = behave;
  }

  /** Sends the next one of the slow bytes on each connection. */
  drip(): void {
    for (const [stream, bytes] of this.#slow) {
      const next = bytes.shift();
      if (next === undefined || stream.destroyed) this.#slow.delete(stream);
      else stream.write(Uint8Array.of(next));
    }
  }

  /** Connects to it. */
  readonly connect = (): Duplex => {
    const [client, server] = duplexPair();
    const number = (this.connections += 1);
    this.open += 1;
    this.#clients.add(client);
    // The event of a stream that was destroyed comes after what waited for its end.
    for (const each of this.#clients) if (each.destroyed) this.#clients.delete(each);
    this.most = Math.max(this.most, this.#clients.size);
    client.once('close', () => {
      this.open -= 1;
      server.destroy();
    });
    const reader = new ClientHelloReader();
    server
      .on('error', () => undefined)
      .on('data', (chunk: Uint8Array) => {
        if (reader.progress.state !== 'incomplete') return;
        const progress = reader.push(chunk);
        if (progress.state === 'incomplete') return;
        const replies = this.#behave(
          progress.state === 'complete' ? progress.hello : null,
          number,
          groupsIn(reader.received),
        );
        for (const reply of isList(replies) ? replies : [replies]) {
          if (reply === 'cut') server.end();
          else if (typeof reply === 'object' && 'slowly' in reply) this.#slow.set(server, [...reply.slowly]);
          else if (reply !== 'silent') server.write(reply);
        }
      });
    return client;
  };
}

const isList = (replies: Reply | readonly Reply[]): replies is readonly Reply[] => Array.isArray(replies);

/** The groups in a hello of one record. */
function groupsIn(received: Uint8Array): readonly number[] {
  if (received[0] !== 22) return [];
  const reader = new ByteReader(received.subarray(9 + 2 + 32));
  reader.vector(1);
  reader.vector(2);
  reader.vector(1);
  const list = reader.left === 0 ? undefined : readExtensionList(reader.vector(2)).get(10);
  return list === undefined ? [] : new ByteReader(list).vector(2).uint16s();
}
