import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { EndReport } from './end.js';
import type { FromPeer, ToPeer } from './peer.js';
import type { PlanSettings } from './plan.js';
import type { Addresses, Identity } from './world.js';

export interface PeerOptions {
  readonly settings: PlanSettings;
  readonly identity: Identity;
  readonly ca: string;
  readonly otherCa: string;
  readonly name: string;
  readonly ended: (report: EndReport) => void;
  readonly failed: (code: string) => void;
  /** Something was thrown there that nobody caught. */
  readonly broken: (reason: string) => void;
  readonly unopened: (number: number, reason: string) => void;
  readonly stepped: (steps: number, numbers: readonly number[]) => void;
}

/** The process with node:tls, as the soak sees it. */
export class PeerProcess {
  readonly at: Addresses;
  readonly #child: ChildProcess;
  #isClosing = false;
  #live: Promise<Extract<FromPeer, { kind: 'live' }>> | null = null;

  private constructor(child: ChildProcess, at: Addresses) {
    this.#child = child;
    this.at = at;
  }

  static async start({
    ended,
    failed,
    broken,
    unopened,
    stepped,
    ...start
  }: PeerOptions): Promise<PeerProcess> {
    const child = fork(path.join(__dirname, 'peer.js'));
    await next(child, 'ready');
    child.send({ kind: 'start', ...start } satisfies ToPeer);
    const { at } = await next(child, 'listening');
    child.on('message', (message: FromPeer) => {
      if (message.kind === 'ended') ended(message.report);
      if (message.kind === 'failed') failed(message.code);
      if (message.kind === 'steps') stepped(message.steps, message.numbers);
      if (message.kind === 'broken') broken(message.reason);
      if (message.kind === 'unopened') unopened(message.number, message.reason);
    });
    const peer = new PeerProcess(child, at);
    child.on('exit', (code, signal) => {
      if (!peer.#isClosing) broken(`ended with ${code ?? signal ?? 'nothing'}`);
    });
    return peer;
  }

  tell(message: ToPeer): void {
    // Of one that is gone, its end has been told.
    if (this.#child.connected) this.#child.send(message);
  }

  /** Ends that are not over, in words, and whether nobody has changed what it sends. */
  live(): Promise<Extract<FromPeer, { kind: 'live' }>> {
    // Of one that is gone, its end has been told.
    if (!this.#child.connected) return Promise.resolve({ kind: 'live', ends: [], isIntact: true });
    // Several who ask at once get one answer.
    if (this.#live === null) {
      this.tell({ kind: 'live' });
      this.#live = next(this.#child, 'live').finally(() => (this.#live = null));
    }
    return this.#live;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.tell({ kind: 'close' });
    await once(this.#child, 'exit');
  }
}

/** The next message of a kind. @throws Error when the process ends instead */
function next<Kind extends FromPeer['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<FromPeer, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void =>
      reject(new Error(`the other process ended with ${code ?? 'a signal'}`));
    const hear = (message: FromPeer): void => {
      if (message.kind !== kind) return;
      child.off('message', hear).off('exit', gone);
      resolve(message as Extract<FromPeer, { kind: Kind }>);
    };
    child.on('message', hear).once('exit', gone);
  });
}
