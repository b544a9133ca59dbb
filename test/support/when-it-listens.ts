import net from 'node:net';
import { turn } from './patience.js';
import type { Peer } from './peers.js';

/**
 * Waits for a peer that does not say when it listens on its port, or says so too early. @throws {Error} what it has
 * printed if it ends before
 */
export async function whenItListens(peer: Peer, port = peer.port): Promise<void> {
  const state = { hasEnded: false };
  void peer.exited.then(() => (state.hasEnded = true));
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const listens = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (listens) return;
    if (state.hasEnded) throw new Error(`the peer ended before it listened:\n${peer.output()}`);
    await turn();
  }
}
