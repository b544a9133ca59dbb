import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { Engine } from '../engine/engine.js';
import type { PhaseName } from '../engine/phase.js';
import type { PeerDemands } from './connection-side.js';
import type { Verification } from './peer-verification.js';

/** The result of renegotiate(). */
export interface Renegotiation {
  /** Null where the peer was not asked who it is. */
  readonly verification: Verification | null;
  /** No handshake was made: the peer refused, and everything is as it was. */
  readonly declined: boolean;
}

/** How another handshake is made. */
export interface RehandshakeRequest {
  /** Null for the present ones. */
  readonly requestFlags: number | null;
  readonly demands: PeerDemands;
  /** The demands hold for the connection from then on. */
  readonly lasts: boolean;
}

/** A request, and its promise. */
interface Pending extends RehandshakeRequest {
  /** The peer is asked once the engine is done with what came before. */
  state: 'waiting' | 'asked';
  resolve(outcome: Renegotiation): void;
  reject(error: Error): void;
}

/** Phases of the engine that end by themselves. */
const PASSING: readonly PhaseName[] = ['verifying', 'renegotiating', 'choosing'];

/** Another handshake within the connection, which a program asked for: one at a time. */
export class Rehandshake {
  #pending: Pending | null = null;
  /** What decisions go by, except on a handshake that was asked for with other demands. */
  #demands: PeerDemands;

  constructor(demands: PeerDemands) {
    this.#demands = demands;
  }

  /** What lasts: the side's demands, or those of the last renegotiate(). */
  get lastingDemands(): PeerDemands {
    return this.#demands;
  }

  /** What the handshake that is under way demands. */
  get demands(): PeerDemands {
    return this.#asked?.demands ?? this.#demands;
  }

  /** The peer was asked, and has not answered yet. */
  get isUnderWay(): boolean {
    return this.#asked !== null;
  }

  /** @throws SchannelError ERR_SCHANNEL_USAGE_BUSY while there is another request */
  assertNonePending(): void {
    if (this.#pending)
      throw new SchannelError('ERR_SCHANNEL_USAGE_BUSY', 'the peer has been asked and has not answered');
  }

  /** Asks the peer as soon as the engine is ready. */
  request(request: RehandshakeRequest, engine: Engine | null): Promise<Renegotiation> {
    return new Promise((resolve, reject) => {
      this.#pending = { ...request, state: 'waiting', resolve, reject };
      this.advance(engine);
    });
  }

  /** Asks the peer once the engine is done with what came before: the first handshake, or a ticket. */
  advance(engine: Engine | null): void {
    const pending = this.#pending;
    if (pending?.state !== 'waiting' || !engine || PASSING.includes(engine.phase.name)) return;
    pending.state = 'asked';
    try {
      engine.renegotiate(pending.requestFlags);
      if (pending.lasts) this.#demands = pending.demands;
    } catch (error) {
      this.#pending = null;
      pending.reject(toError(error));
    }
  }

  /** As {@link advance}, behind what has waited with the engine. */
  advanceSoon(engine: Engine | null): void {
    if (this.#pending) process.nextTick(() => this.advance(engine));
  }

  /** The handshake is over, and the peer accepted. */
  finish(outcome: Renegotiation): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#pending = null;
    asked.resolve(outcome);
  }

  /** The connection ends. */
  abort(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = null;
  }

  get #asked(): Pending | null {
    return this.#pending?.state === 'asked' ? this.#pending : null;
  }
}
