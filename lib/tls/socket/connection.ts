import net from 'node:net';
import type { Duplex } from 'node:stream';
import { isUint8Array } from 'node:util/types';

import type { EngineEffects } from '../engine/effects.js';
import { Engine } from '../engine/engine.js';
import { closedInHandshake, truncated } from '../engine/faults.js';
import { LIMITS } from '../engine/limits.js';
import type { PhaseName } from '../engine/phase.js';
import { alertRecord } from '../engine/plaintext-alert.js';
import { ContentType } from '../engine/record.js';
import { Alert } from '../../base/errors/alerts.js';
import { errorFromNative } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { Native, NativeSessionInfo, NativeSession } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { Answers } from './answers.js';
import type { ConnectionSide, PeerDemands, PeerVerdict, Refusal, SessionOpening } from './connection-side.js';
import {
  canceled,
  closedInWrite,
  destroyed,
  handshakeTimedOut,
  noBytes,
  unreadAnswers,
  unverifiable,
} from './connection-faults.js';
import type { Verification } from './peer-verification.js';
import { lingeringClose } from './lingering-close.js';
import { protocolOf } from './session-info.js';
import { renegotiationDisabled } from './renegotiation-faults.js';
import { Sealer } from './sealer.js';
import type { SocketSettings } from './socket-options.js';
import { canBeTaken, TakenSocket } from './taken-socket.js';

/** What a connection tells the socket in front of it. */
export interface ConnectionEvents {
  /** Bytes came or went. */
  activity(): void;
  /** The handshake is complete, the peer unverified. */
  secure(facts: NativeSessionInfo): void;
  /** The peer may be talked to: verified, accepted unverified, or not asked who it is (null). */
  established(verification: Verification | null): void;
  plaintext(data: Buffer): void;
  /** The peer sends no more. */
  ended(closeNotify: boolean): void;
  /** The connection is dead. */
  failed(error: Error): void;
  /** The transport was taken away, without an error. */
  abandoned(): void;
}

/** What renegotiate() came to. */
export interface Renegotiation {
  /** Null where the peer was not asked who it is. */
  readonly verification: Verification | null;
  /** No handshake was made: the peer would not, and all is as it was. */
  readonly declined: boolean;
}

/** Of a peer that was asked who it is. */
interface Judged extends Renegotiation {
  readonly verification: Verification;
}

/** A handshake within the connection that was asked for, and whoever waits for it. */
interface AnotherHandshake {
  /** Null for those that are. */
  readonly requestFlags: number | null;
  readonly demands: PeerDemands;
  /** The demands hold for the connection from then on. */
  readonly lasts: boolean;
  /** The peer was asked; until then the engine is at something that came before. */
  begun: boolean;
  resolve(outcome: Renegotiation): void;
  reject(error: Error): void;
}

/** Phases of the engine that end by themselves. */
const AT_SOMETHING: readonly PhaseName[] = ['verifying', 'renegotiating', 'choosing'];

type Done = (error?: Error | null) => void;

/** Where native sessions come from. */
export type SessionMaker = Pick<Native, 'createSession' | 'result'>;

/**
 * A connection: the stream underneath, the engine, and the native session, made to work together. It carries the
 * engine's effects out, has its side verify the peer, and gives everything back when it closes.
 */
export class Connection {
  /** What the peer still says is of no interest; what we said is. */
  leaves = false;
  /** A new handshake that the peer asks for ends the connection; TLS 1.3 has none. */
  refusesRenegotiation = false;
  readonly #side: ConnectionSide;
  readonly #settings: SocketSettings;
  readonly #events: ConnectionEvents;
  readonly #windows: () => SessionMaker;
  #transport: Duplex | null = null;
  #session: NativeSession | null = null;
  #engine: Engine | null = null;
  #sealer: Sealer | null = null;
  #answers: Answers | null = null;
  #waitingWrite: { chunks: readonly Uint8Array[]; done: Done } | null = null;
  #maximumFragment: number | null = null;
  #finish: Done | null = null;
  #timer: NodeJS.Timeout | null = null;
  #established = false;
  /** The peer's close_notify is there. */
  #peerEnded = false;
  /** The last thing written was an alert. */
  #alerted = false;
  /** Our close_notify is wanted, or sent. */
  #finishing = false;
  #consumerReads = false;
  #flowing: boolean | null = null;
  #closed = false;
  /** What verdicts go by, except on a handshake that was asked for with others. */
  #demands: PeerDemands;
  #again: AnotherHandshake | null = null;
  /** The transport is gone, with this error or with none, and the engine is not through with what had come by it. */
  #loss: { readonly error: Error | null } | null = null;
  /** The transport's bytes come, whoever takes them. */
  #listening = false;
  /** They come by receive(). */
  #delivered = false;
  /** What the transport had read before it was ours. */
  #early: readonly unknown[] = [];
  #begun = false;

  /** @param windows asked when there is to be a session */
  constructor(
    side: ConnectionSide,
    settings: SocketSettings,
    events: ConnectionEvents,
    windows: () => SessionMaker = native,
  ) {
    this.#side = side;
    this.#demands = side.demands;
    this.#settings = settings;
    this.#events = events;
    this.#windows = windows;
  }

  get transport(): Duplex | null {
    return this.#transport;
  }

  /** Facts of the last complete handshake; null before it and after the end. */
  get facts(): NativeSessionInfo | null {
    return this.#closed ? null : (this.#engine?.info ?? null);
  }

  /** DER of the certificates that are ours; none before they are chosen, and where we show none. */
  get ownCertificates(): readonly Uint8Array[] {
    return this.#side.certificates;
  }

  /** The native session while it can be asked; null before the handshake is complete and after the end. */
  get session(): NativeSession | null {
    return this.facts && this.#session;
  }

  /** Largest plaintext of a record, from the next write on. */
  set maximumFragment(bytes: number) {
    this.#maximumFragment = bytes;
    if (this.#sealer) this.#sealer.maximumFragment = bytes;
  }

  /**
   * Takes the stream to speak over; nothing is said before begin(). With `delivers` its bytes come by receive(). Else the
   * handle of a socket of libuv's is taken as soon as it is connected, and any other stream is listened to.
   */
  attach(transport: Duplex, delivers: boolean): void {
    if (this.#isClosed()) {
      transport.destroy();
      return;
    }
    this.#use(transport);
    if (delivers) this.#delivered = true;
    else if (isPending(transport)) transport.prependOnceListener('connect', () => this.#takeOver(transport));
    else this.#takeOver(transport);
  }

  /** Has the handshake begin as soon as the transport is connected. Idempotent; without effect before attach(). */
  begin(): void {
    const transport = this.#transport;
    if (!transport || this.#begun || this.#isClosed()) return;
    this.#begun = true;
    const connecting = isPending(transport);
    // A stream of our own keeps the first flight until it is connected, which leaves time to make it.
    if (connecting && !this.#delivered) transport.once('connect', () => void this.#start());
    else process.nextTick(() => void this.#start());
    if (connecting) transport.once('connect', () => this.#armTimer());
    else this.#armTimer();
  }

  /** Ciphertext, whose memory is the caller's again when this returns. */
  receive(chunk: Uint8Array): void {
    this.#events.activity();
    if (this.#engine) this.#engine.receive(chunk);
    else this.#side.hear(chunk);
    this.#updateReading();
  }

  /** Encrypts and sends, once that is possible; one write at a time. */
  write(chunks: readonly Uint8Array[], done: Done): void {
    this.begin();
    if (this.#sealer) this.#sealer.write(chunks, done);
    else this.#waitingWrite = { chunks, done };
  }

  /** Sends close_notify behind all that was written, and ends the transport; done when it has taken that. */
  finish(done: Done): void {
    if (this.#isClosed()) done();
    else {
      this.#finish = done;
      this.#finishing = true;
      if (this.#established) this.#engine?.shutdown();
      else if (!this.#begun) this.#transport?.end(() => this.#finished());
    }
  }

  /**
   * Negotiates anew, as TLS 1.3 has it no more. What is asked of the peer holds from then on.
   * @param wanted what is not given remains
   * @throws SchannelError what the side has against it; ERR_SCHANNEL_USAGE_PHASE, ERR_SCHANNEL_USAGE_BUSY
   */
  renegotiate(wanted: Partial<PeerDemands>): Promise<Renegotiation> {
    const demands = { ...this.#demands, ...wanted };
    const flagsOf = (facts: NativeSessionInfo): number | null =>
      this.#side.renegotiate(facts, demands.requestCert);
    return this.#shakeHandsAgain(flagsOf, demands, true);
  }

  /**
   * Asks a client for a certificate that it was not asked for. It is judged, and whatever it is the connection goes on.
   * @throws SchannelError as {@link renegotiate}
   */
  async requestClientCertificate(): Promise<Verification> {
    const demands = { requestCert: true, rejectUnauthorized: false };
    const flagsOf = (facts: NativeSessionInfo): number => this.#side.askLater(facts);
    const { verification } = (await this.#shakeHandsAgain(flagsOf, demands, false)) as Judged;
    return verification;
  }

  /** Ends a handshake that takes too long. */
  timeOut(): void {
    if (!this.#established) this.#fail(handshakeTimedOut(null, this.#side.role));
  }

  /** Whether somebody wants plaintext. */
  set consumerReads(reads: boolean) {
    this.#consumerReads = reads;
    this.#updateReading();
  }

  /** Ends everything at once; `closed` is called when the transport is gone. @param reason null: it was just to end */
  close(reason: Error | null, closed: () => void): void {
    this.#giveUp(reason);
    const transport = this.#transport;
    // As libuv does: when everything of this turn is over, the event 'error' included.
    const later = (): void => void setImmediate(closed);
    // A socket on another's handle goes with that.
    const isGone = transport instanceof TakenSocket ? transport.isGone : transport?.closed !== false;
    if (!transport || isGone) {
      later();
      return;
    }
    transport.once('close', later);
    if (this.#alerted && transport instanceof net.Socket) lingeringClose(transport);
    else transport.destroy();
  }

  /** @param flagsOf throws what the side has against it */
  #shakeHandsAgain(
    flagsOf: (facts: NativeSessionInfo) => number | null,
    demands: PeerDemands,
    lasts: boolean,
  ): Promise<Renegotiation> {
    const { facts } = this;
    if (!facts || !this.#established)
      throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'another handshake follows the first one');
    if (this.#again)
      throw new SchannelError('ERR_SCHANNEL_USAGE_BUSY', 'the peer has been asked and has not answered');
    const requestFlags = flagsOf(facts);
    return new Promise((resolve, reject) => {
      this.#again = { requestFlags, demands, lasts, begun: false, resolve, reject };
      this.#shakeHandsIfWanted();
    });
  }

  /** Asks the peer once the engine is done with what came before: the first handshake's verdict, or a ticket. */
  #shakeHandsIfWanted(): void {
    const [again, engine] = [this.#again, this.#engine];
    if (!again || again.begun || !engine || AT_SOMETHING.includes(engine.phase.name)) return;
    again.begun = true;
    try {
      engine.renegotiate(again.requestFlags);
      if (again.lasts) this.#demands = again.demands;
    } catch (error) {
      this.#again = null;
      again.reject(toError(error));
    }
  }

  /** Behind what has waited with the engine. */
  #shakeHandsSoon(): void {
    if (this.#again) process.nextTick(() => this.#shakeHandsIfWanted());
  }

  /** The handshake that was asked for, while it is under way. */
  get #asked(): AnotherHandshake | null {
    return this.#again?.begun ? this.#again : null;
  }

  async #start(): Promise<void> {
    if (this.#side.turn) await this.#side.turn;
    if (this.#isClosed()) return;
    if (this.#side.listens) this.#listen();
    this.#updateReading();
    try {
      const opening = await this.#side.open();
      if (this.#isClosed()) this.#side.release();
      else if ('error' in opening) this.#refuse(opening);
      else this.#run(opening);
    } catch (error) {
      this.#refuse({ error: toError(errorFromNative(error, 'credential')), alert: Alert.InternalError });
    }
  }

  #use(transport: Duplex): void {
    this.#transport = transport;
    transport.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose);
  }

  #takeOver(transport: Duplex): void {
    if (this.#isClosed()) return;
    if (canBeTaken(transport)) {
      transport.off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onClose);
      const taken = new TakenSocket(transport, (chunk) => this.receive(chunk));
      this.#early = taken.early;
      this.#delivered = true;
      this.#use(taken);
    } else {
      // The peer's end must not end our side: close_notify comes before.
      transport.allowHalfOpen = true;
      transport.pause();
    }
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    for (const chunk of this.#early) this.#hear(chunk);
    this.#early = [];
    if (!this.#delivered) this.#transport?.on('data', (chunk: unknown) => this.#hear(chunk));
  }

  #hear(chunk: unknown): void {
    if (isUint8Array(chunk)) this.receive(chunk);
    else this.#fail(noBytes());
  }

  #run({ credential, request, chooses }: SessionOpening): void {
    const transport = this.#transport;
    if (!transport) return;
    const windows = this.#windows();
    const { role, heard, renegotiates } = this.#side;
    const session = windows.createSession(credential, request);
    this.#session = session;
    const engine = new Engine({
      session,
      result: windows.result,
      role,
      chooses,
      renegotiates,
      effects: this.#effects(transport),
    });
    this.#engine = engine;
    this.#sealer = new Sealer(engine, transport);
    if (this.#maximumFragment !== null) this.#sealer.maximumFragment = this.#maximumFragment;
    if (this.#waitingWrite) this.#sealer.write(this.#waitingWrite.chunks, this.#waitingWrite.done);
    this.#waitingWrite = null;
    engine.receive(heard);
    engine.start();
    this.#listen();
    if (transport.readableEnded || transport.destroyed) engine.transportEnded();
    this.#updateReading();
  }

  #effects(transport: Duplex): EngineEffects {
    const { unsentAnswers } = LIMITS[this.#side.role];
    const answers = new Answers(transport, unsentAnswers, () => this.#updateReading());
    this.#answers = answers;
    return {
      write: (ciphertext) => {
        this.#events.activity();
        this.#alerted = this.#engine?.phase.name === 'failing' || this.#endsHandshake(ciphertext);
        answers.write(ciphertext);
        // A handshake has limits of its own, and flights of any length that its limits allow. An alert is the last word.
        const isAnswer = this.#established && !this.#alerted;
        if (isAnswer && answers.areTooMany) this.#fail(unreadAnswers());
      },
      plaintext: (data) => this.#events.plaintext(data as Buffer),
      choose: (issuers) => void this.#choose(issuers),
      secure: (facts) => this.#judge(facts, false),
      declined: () => {
        if (this.facts) this.#judge(this.facts, true);
      },
      renegotiating: () => {
        if (this.refusesRenegotiation && this.#renegotiates()) {
          this.#fail(renegotiationDisabled());
          return;
        }
        this.#armTimer();
        this.#updateReading();
      },
      writable: () => {
        this.#clearTimer();
        this.#sealer?.pump();
        this.#updateReading();
        this.#shakeHandsSoon();
      },
      resumed: () => {
        this.#clearTimer();
        this.#updateReading();
        this.#shakeHandsSoon();
      },
      end: (closeNotify) => {
        this.#peerEnded = closeNotify;
        if (closeNotify || !this.#settings.requireCloseNotify) this.#events.ended(closeNotify);
        else this.#fail(truncated('without close_notify'));
        this.#bearLoss();
      },
      shutdown: () => {
        this.#clearTimer();
        this.#updateReading();
        this.#shakeHandsSoon();
        // A stream that was destroyed before anybody ended it never calls back.
        if (transport.destroyed) this.#finished();
        else transport.end(() => this.#finished());
      },
      fail: (error) => this.#fail(error),
    };
  }

  /** Rather than takes in a ticket or a key update of TLS 1.3, or an answer that was asked for. */
  #renegotiates(): boolean {
    return !this.#asked && this.facts !== null && protocolOf(this.facts) !== 'TLSv1.3';
  }

  async #choose(issuers: readonly Uint8Array[] | null): Promise<void> {
    this.#updateReading();
    try {
      const chosen = await this.#side.choose(issuers);
      if (!this.#isClosed()) this.#engine?.choose(chosen);
      this.#updateReading();
    } catch (error) {
      this.#fail(errorFromNative(error, 'credential'));
    }
  }

  /**
   * Judges what a handshake came to, the first or another: what was negotiated, then who the peer is. No data flows in
   * either direction before the verdict is given, and none after one against the peer.
   */
  #judge(facts: NativeSessionInfo, declined: boolean): void {
    this.#findVerdict(facts, declined).catch((error: unknown) => this.#fail(error));
  }

  async #findVerdict(facts: NativeSessionInfo, declined: boolean): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const refusal = this.#side.examine(facts);
    if (refusal) {
      this.#reject(refusal);
      return;
    }
    this.#events.secure(facts);
    if (this.#isClosed()) return;
    const { verification, refusal: refused } = await this.#verdict(session, facts);
    if (this.#isClosed()) return;
    if (refused) {
      this.#reject(refused);
      return;
    }
    this.#established = true;
    this.#clearTimer();
    this.#events.established(verification);
    this.#answer({ verification, declined });
    // The first thing that goes on may be a ticket that came with the peer's last flight: then a worker has the session,
    // and it can't be asked for keying material. So whoever waits for this moment by a promise comes first.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.#isClosed()) return;
    this.#engine?.accept();
    if (this.#finish) this.#engine?.shutdown();
    this.#shakeHandsIfWanted();
    this.#updateReading();
  }

  #answer(outcome: Renegotiation): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#again = null;
    asked.resolve(outcome);
  }

  async #verdict(session: NativeSession, facts: NativeSessionInfo): Promise<PeerVerdict> {
    try {
      return await this.#side.verify(session, facts, this.#asked?.demands ?? this.#demands);
    } catch (error) {
      return { verification: null, refusal: { error: unverifiable(error), alert: Alert.InternalError } };
    }
  }

  #reject({ alert, error }: Refusal): void {
    this.#engine?.reject(alert ?? Alert.InternalError, error);
  }

  /** The transport flows while a handshake needs it, else while the consumer wants data; never beyond what the engine will hold. */
  #updateReading(): void {
    if (!this.#transport || this.#isClosed()) return;
    const wants = this.#engine ? this.#engineReads(this.#engine) : this.#side.listens;
    if (wants === this.#flowing) return;
    this.#flowing = wants;
    if (wants) this.#transport.resume();
    else this.#transport.pause();
  }

  #engineReads(engine: Engine): boolean {
    const shakesHands = !this.#established || engine.phase.name === 'renegotiating';
    if (this.#established && this.#answers?.areMany === true) return false;
    return engine.wantsInput && (this.#consumerReads || shakesHands);
  }

  /**
   * A peer that has said all closes, and its system answers our close_notify with a reset. Nothing is lost by that when
   * its end was seen, or when nobody waits for it; closing the stream then ends what waits.
   */
  #transportFailed(error: Error): void {
    if (this.#established && this.#engine?.isUnsettled) {
      this.#loss = { error };
      this.#engine.transportEnded();
      return;
    }
    const isHarmless = this.#finishing && (this.#peerEnded || this.leaves);
    if (!isHarmless) this.#fail(error);
  }

  #transportEnded(): void {
    if (this.#engine) this.#engine.transportEnded();
    else if (this.#listening) this.#fail(closedInHandshake(null, this.#side.role));
  }

  #transportClosed(): void {
    if (this.#isClosed()) return;
    this.#engine?.transportEnded();
    if (!this.#established) this.#fail(closedInHandshake(null, this.#side.role));
    // What a stream was busy with when it was destroyed is never called back.
    this.#sealer?.abort(closedInWrite());
    this.#finished();
    if (this.#engine?.isUnsettled) this.#loss ??= { error: null };
    else this.#abandon();
  }

  /** Somebody has destroyed the transport, and with it what the peer might still have had to say. */
  #abandon(): void {
    if (!this.#peerEnded && this.#transport?.readableEnded === false) this.#events.abandoned();
  }

  /** All that came before the transport was lost is worked off. */
  #bearLoss(): void {
    const loss = this.#loss;
    this.#loss = null;
    if (!loss || this.#isClosed()) return;
    if (loss.error) this.#transportFailed(loss.error);
    else this.#abandon();
  }

  readonly #onError = (error: Error): void => this.#transportFailed(error);
  readonly #onEnd = (): void => this.#transportEnded();
  readonly #onClose = (): void => this.#transportClosed();

  /** A method, since every call into the events may have closed the connection. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #finished(): void {
    const done = this.#finish;
    this.#finish = null;
    done?.();
  }

  #fail(error: unknown): void {
    if (this.#isClosed()) return;
    this.#events.failed(toError(error));
  }

  /** Before there is a session: a peer that has spoken is told, in the clear. */
  #refuse({ error, alert }: Refusal): void {
    if (this.#isClosed()) return;
    if (alert !== null && this.#side.heard.length > 0 && this.#transport?.writable) {
      this.#alerted = true;
      this.#transport.write(alertRecord(alert));
    }
    this.#fail(error);
  }

  /** An alert in the clear. */
  #endsHandshake(ciphertext: Uint8Array): boolean {
    return !this.#established && ciphertext[0] === ContentType.Alert;
  }

  #giveUp(reason: Error | null): void {
    if (this.#isClosed()) return;
    this.#closed = true;
    this.#clearTimer();
    this.#engine?.close();
    if (!this.#engine) this.#session?.close();
    this.#side.release();
    const cut = reason ? canceled(reason) : destroyed();
    this.#sealer?.abort(cut);
    this.#waitingWrite?.done(cut);
    this.#waitingWrite = null;
    this.#again?.reject(reason ?? cut);
    this.#again = null;
    this.#finished();
  }

  /** Bounds the handshake, and every time that Windows takes the connection for a message after it. */
  #armTimer(): void {
    const { handshakeTimeout } = this.#settings;
    if (handshakeTimeout === 0 || this.#timer) return;
    this.#timer = setTimeout(
      () => this.#fail(handshakeTimedOut(handshakeTimeout, this.#side.role)),
      handshakeTimeout,
    );
    this.#timer.unref();
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** It is going to be connected. */
const isPending = (stream: Duplex): boolean =>
  stream instanceof net.Socket && stream.pending && !stream.destroyed;
