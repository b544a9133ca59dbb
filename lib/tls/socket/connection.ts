import type { Duplex } from 'node:stream';

import { nextTurn } from '../../base/async/next-turn.js';
import { Alert } from '../../base/errors/alerts.js';
import { errorFromNative } from '../../base/errors/from-status.js';
import type { Rejection } from '../../base/errors/rejection.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { Native, NativeSession, NativeSessionInfo } from '../../native/binding.js';
import { native } from '../../native/load.js';
import type { EngineEffects } from '../engine/effects.js';
import { Engine } from '../engine/engine.js';
import { closedInHandshake, truncated } from '../engine/faults.js';
import { LIMITS } from '../engine/limits.js';
import { alertRecord } from '../engine/plaintext-alert.js';
import { ContentType } from '../engine/record.js';
import { Answers } from './answers.js';
import {
  canceled,
  closedInWrite,
  destroyed,
  handshakeTimedOut,
  renegotiationDisabled,
  unreadAnswers,
  unverifiable,
} from './connection-faults.js';
import type { ConnectionSide, PeerDecision, PeerDemands, SessionOpening } from './connection-side.js';
import { HandshakeTimer } from './handshake-timer.js';
import type { Verification } from './peer-verification.js';
import { Rehandshake, type Renegotiation } from './rehandshake.js';
import { Sealer } from './sealer.js';
import { protocolOf } from './session-info.js';
import type { SocketSettings } from './socket-options.js';
import type { Stage } from './stage.js';
import { TransportLink } from './transport-link.js';

/** What a connection reports to the socket in front of it. */
export interface ConnectionEvents {
  /** The handshake begins: does the work that begins it. */
  begin(work: () => void): void;
  /** Bytes came or went. */
  activity(): void;
  /** The handshake is complete, the peer unverified. */
  secure(info: NativeSessionInfo): void;
  /** The peer may be talked to: verified, accepted unverified, or not asked who it is (null). */
  established(verification: Verification | null): void;
  plaintext(data: Buffer): void;
  /** Windows has another ticket of TLS 1.3, of a server. */
  ticket(): void;
  /** The peer sends no more. */
  ended(closeNotify: boolean): void;
  /** The connection is dead. */
  failed(error: Error): void;
  /** The transport was taken away, without an error. */
  abandoned(): void;
}

/** Of a peer that was asked who it is. */
interface PeerRenegotiation extends Renegotiation {
  readonly verification: Verification;
}

type Done = (error?: Error | null) => void;

/** Where native sessions come from. */
export type SessionMaker = Pick<Native, 'createSession' | 'result'>;

/** Everything that there is once the side has opened the session. */
interface Running {
  readonly session: NativeSession;
  readonly engine: Engine;
  readonly sealer: Sealer;
  readonly answers: Answers;
}

/**
 * A connection: the stream underneath, the engine, and the native session, made to work together. It carries the
 * engine's effects out, has its side verify the peer, and gives everything back when it closes.
 */
export class Connection {
  /** The socket is destroyed once everything is written: what the peer still says is of no interest. */
  destroyingSoon = false;
  /** A transport that can be reset is, when it is closed. */
  resets = false;
  /** A new handshake that the peer asks for ends the connection; TLS 1.3 has none. */
  refusesRenegotiation = false;
  readonly #side: ConnectionSide;
  readonly #settings: SocketSettings;
  readonly #events: ConnectionEvents;
  readonly #windows: () => SessionMaker;
  readonly #rehandshake: Rehandshake;
  readonly #timer: HandshakeTimer;
  #stage: Stage = 'idle';
  /** There is an error, and it is about to be told. */
  #isFailing = false;
  /** The peer's direction is ended by its close_notify. */
  #incoming: 'open' | 'ended' = 'open';
  /** The end of ours is wanted, or sent. */
  #outgoing: 'open' | 'ending' = 'open';
  #link: TransportLink | null = null;
  #running: Running | null = null;
  #waitingWrite: { chunks: readonly Uint8Array[]; done: Done } | null = null;
  #maximumFragment: number | null = null;
  #finish: Done | null = null;
  #consumerReads = false;
  /** The transport is gone, with this error or with none, and the engine is not through with what had come by it. */
  #loss: { readonly error: Error | null } | null = null;

  /** @param windows asked when the session is made */
  constructor(
    side: ConnectionSide,
    settings: SocketSettings,
    events: ConnectionEvents,
    windows: () => SessionMaker = native,
  ) {
    this.#side = side;
    this.#settings = settings;
    this.#events = events;
    this.#windows = windows;
    this.#rehandshake = new Rehandshake(side.demands);
    const { handshakeTimeout } = settings;
    const expired = (): void => this.#fail(handshakeTimedOut(handshakeTimeout, side.role));
    this.#timer = new HandshakeTimer(handshakeTimeout, expired);
  }

  get stage(): Stage {
    return this.#stage;
  }

  get transport(): Duplex | null {
    return this.#link && this.#link.stream;
  }

  /** What the last complete handshake agreed on; null before it and after the end. */
  get info(): NativeSessionInfo | null {
    return this.#isClosed() ? null : (this.#running?.engine.info ?? null);
  }

  /** DER of our certificates; none before they are chosen, and where we show none. */
  get ownCertificates(): readonly Uint8Array[] {
    return this.#side.certificates;
  }

  /** The native session while it can be asked; null before the handshake is complete and after the end. */
  get session(): NativeSession | null {
    return this.info && this.#running && this.#running.session;
  }

  /** Largest plaintext of a record, from the next write on. */
  set maximumFragment(bytes: number) {
    this.#maximumFragment = bytes;
    if (this.#running) this.#running.sealer.maximumFragment = bytes;
  }

  /**
   * Takes the stream to speak over; nothing is said before begin(). With `delivers` its bytes come by receive().
   * Otherwise the link takes them from the stream.
   */
  attach(transport: Duplex, delivers: boolean): void {
    if (this.#isClosed()) {
      transport.destroy();
      return;
    }
    this.#link = new TransportLink(transport, delivers, {
      received: (chunk) => this.receive(chunk),
      invalid: (error) => this.#fail(error),
      ended: () => this.#transportEnded(),
      failed: (error) => this.#transportFailed(error),
      closed: () => this.#transportClosed(),
    });
  }

  /** Has the handshake begin as soon as the transport is connected. Idempotent; without effect before attach(). */
  begin(): void {
    const link = this.#link;
    if (!link || this.#stage !== 'idle') return;
    this.#stage = 'starting';
    this.#events.begin(() => {
      link.whenWritable(() => this.#start(link));
      link.whenConnected(() => this.#timer.start());
    });
  }

  /** Ciphertext, whose memory is the caller's again when this returns. */
  receive(chunk: Uint8Array): void {
    this.#events.activity();
    if (this.#running) this.#running.engine.receive(chunk);
    else this.#side.admission?.pushHello(chunk);
    this.#updateReading();
  }

  /** Encrypts and sends, once that is possible; one write at a time. */
  write(chunks: readonly Uint8Array[], done: Done): void {
    this.begin();
    if (this.#running) this.#running.sealer.write(chunks, done);
    else this.#waitingWrite = { chunks, done };
  }

  /** Sends close_notify behind everything that was written, and ends the transport; done when it has taken that. */
  finish(done: Done): void {
    if (this.#isClosed()) {
      done();
      return;
    }
    this.#finish = done;
    this.#outgoing = 'ending';
    if (this.#stage === 'established') this.#running?.engine.shutdown();
    else if (this.#stage === 'idle') this.#link?.stream.end(() => this.#finished());
  }

  /**
   * Negotiates again, which TLS 1.3 does not have. What is demanded of the peer holds from then on.
   * @param wanted what is left out stays as it is
   * @throws SchannelError what the side has against it; ERR_SCHANNEL_USAGE_PHASE, ERR_SCHANNEL_USAGE_BUSY
   */
  renegotiate(wanted: Partial<PeerDemands>): Promise<Renegotiation> {
    const demands = { ...this.#rehandshake.lastingDemands, ...wanted };
    const info = this.#infoForRehandshake();
    const requestFlags = this.#side.renegotiate(info, demands.requestCert);
    return this.#requestHandshake(requestFlags, demands, true);
  }

  /**
   * Asks a client for a certificate that it was not asked for. It is verified, and the connection goes on with any
   * result.
   * @throws SchannelError as {@link renegotiate}
   */
  async requestClientCertificate(): Promise<Verification> {
    const demands = { requestCert: true, rejectUnauthorized: false };
    const requestFlags = this.#side.requestClientCertificate(this.#infoForRehandshake());
    const outcome = await this.#requestHandshake(requestFlags, demands, false);
    return (outcome as PeerRenegotiation).verification;
  }

  /** Ends a handshake that takes too long. */
  timeOut(): void {
    if (this.#stage !== 'established') this.#fail(handshakeTimedOut(null, this.#side.role));
  }

  /** Whether somebody wants plaintext. */
  set consumerReads(reads: boolean) {
    this.#consumerReads = reads;
    this.#updateReading();
  }

  /** Ends everything at once; `closed` is called when the transport is gone. @param reason null: it was just to end */
  close(reason: Error | null, closed: () => void): void {
    this.#giveUp(reason);
    // As libuv does: when everything of this turn is over, the event 'error' included.
    const later = (): void => void nextTurn(closed);
    if (this.#link) this.#link.close(this.resets, later);
    else later();
  }

  // ---- the first handshake -----------------------------------------------------------------------------------------

  #start(link: TransportLink): void {
    const turn = this.#side.admission?.turn;
    if (turn) void turn.then(() => this.#open(link));
    else this.#open(link);
  }

  /** At once, if the side can answer at once. */
  #open(link: TransportLink): void {
    if (this.#isClosed()) return;
    if (this.#side.admission?.wantsHello) link.listen();
    this.#updateReading();
    try {
      const opening = this.#side.open();
      if ('then' in opening)
        opening.then((made) => this.#opened(link, made)).catch((error: unknown) => this.#notOpened(error));
      else this.#opened(link, opening);
    } catch (error) {
      this.#notOpened(error);
    }
  }

  #opened(link: TransportLink, opening: SessionOpening | Rejection): void {
    if (this.#isClosed()) this.#side.release();
    else if ('error' in opening) this.#rejectEarly(opening);
    else this.#run(link, opening);
  }

  #notOpened(error: unknown): void {
    this.#rejectEarly({ error: toError(errorFromNative(error, 'credential')), alert: Alert.InternalError });
  }

  #run(link: TransportLink, { credential, request, choose }: SessionOpening): void {
    const { stream } = link;
    const windows = this.#windows();
    const { role, admission, renegotiates } = this.#side;
    const session = windows.createSession(credential, request);
    const answers = new Answers(stream, LIMITS[role].unsentAnswers, () => this.#updateReading());
    const engine = new Engine({
      session,
      result: windows.result,
      role,
      chooses: choose !== null,
      renegotiates,
      effects: this.#effects(link, stream, answers, choose),
    });
    const sealer = new Sealer(engine, stream);
    this.#running = { session, engine, sealer, answers };
    this.#stage = 'handshaking';
    if (this.#maximumFragment !== null) sealer.maximumFragment = this.#maximumFragment;
    if (this.#waitingWrite) sealer.write(this.#waitingWrite.chunks, this.#waitingWrite.done);
    this.#waitingWrite = null;
    if (admission) engine.receive(admission.helloBytes);
    engine.start();
    link.listen();
    if (stream.readableEnded || stream.destroyed) engine.transportEnded();
    this.#updateReading();
  }

  #effects(
    link: TransportLink,
    stream: Duplex,
    answers: Answers,
    choose: SessionOpening['choose'],
  ): EngineEffects {
    return {
      write: (ciphertext) => {
        this.#events.activity();
        const isEstablished = this.#stage === 'established';
        link.alerted =
          this.#running?.engine.phase.name === 'failing' ||
          (!isEstablished && ciphertext[0] === ContentType.Alert);
        answers.write(ciphertext);
        // A handshake has its own limits, and flights of any length that its limits allow. An alert is the last word.
        if (isEstablished && !link.alerted && answers.areTooMany) this.#fail(unreadAnswers());
      },
      plaintext: (data) => this.#events.plaintext(data as Buffer),
      choose: (issuers) => {
        if (choose) void this.#choose(choose, issuers);
      },
      secure: (info) => this.#check(info, false),
      declined: () => {
        if (this.info) this.#check(this.info, true);
      },
      ticket: () => this.#events.ticket(),
      renegotiating: () => {
        if (this.refusesRenegotiation && this.#isPeersRenegotiation()) {
          this.#fail(renegotiationDisabled());
          return;
        }
        this.#timer.start();
        this.#updateReading();
      },
      writable: () => {
        this.#timer.stop();
        this.#running?.sealer.pump();
        this.#goOn();
      },
      resumed: () => {
        this.#timer.stop();
        this.#goOn();
      },
      end: (closeNotify) => {
        this.#tellEnd(closeNotify);
        this.#bearLoss();
      },
      shutdown: () => {
        this.#timer.stop();
        this.#goOn();
        // A stream that was destroyed before anybody ended it never calls back.
        if (stream.destroyed) this.#finished();
        else stream.end(() => this.#finished());
      },
      fail: (error) => this.#fail(error),
    };
  }

  async #choose(
    choose: NonNullable<SessionOpening['choose']>,
    issuers: readonly Uint8Array[] | null,
  ): Promise<void> {
    this.#updateReading();
    try {
      const chosen = await choose(issuers);
      if (!this.#isClosed()) this.#running?.engine.choose(chosen);
      this.#updateReading();
    } catch (error) {
      this.#fail(errorFromNative(error, 'credential'));
    }
  }

  // ---- every handshake ---------------------------------------------------------------------------------------------

  /**
   * Checks the result of a handshake, the first or another: what was negotiated, then who the peer is. No data flows in
   * either direction before the decision, and none after one against the peer.
   */
  #check(info: NativeSessionInfo, declined: boolean): void {
    this.#decide(info, declined).catch((error: unknown) => this.#fail(error));
  }

  async #decide(info: NativeSessionInfo, declined: boolean): Promise<void> {
    const running = this.#running;
    if (!running) return;
    const { engine, session } = running;
    const negotiated = this.#side.checkNegotiated(info);
    if (negotiated) {
      engine.reject(negotiated.alert ?? Alert.InternalError, negotiated.error);
      return;
    }
    this.#events.secure(info);
    if (this.#isClosed()) return;
    const { verification, rejection } = await this.#checkPeer(session, info);
    if (this.#isClosed()) return;
    if (rejection) {
      engine.reject(rejection.alert ?? Alert.InternalError, rejection.error);
      return;
    }
    this.#stage = 'established';
    this.#timer.stop();
    this.#events.established(verification);
    this.#rehandshake.finish({ verification, declined });
    // The first thing that goes on may be a ticket that came with the peer's last flight: then a worker has the
    // session, and it can't be asked for keying material. So a promise that waits for this moment comes first.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.#isClosed()) return;
    engine.accept();
    if (this.#finish) engine.shutdown();
    this.#rehandshake.advance(engine);
    this.#updateReading();
  }

  async #checkPeer(session: NativeSession, info: NativeSessionInfo): Promise<PeerDecision> {
    try {
      return await this.#side.checkPeer(session, info, this.#rehandshake.demands);
    } catch (error) {
      return { verification: null, rejection: { error: unverifiable(error), alert: Alert.InternalError } };
    }
  }

  #infoForRehandshake(): NativeSessionInfo {
    const { info } = this;
    if (!info || this.#stage !== 'established')
      throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'another handshake follows the first one');
    this.#rehandshake.assertNonePending();
    return info;
  }

  #requestHandshake(
    requestFlags: number | null,
    demands: PeerDemands,
    lasts: boolean,
  ): Promise<Renegotiation> {
    return this.#rehandshake.request({ requestFlags, demands, lasts }, this.#running && this.#running.engine);
  }

  /** Rather than a ticket or a key update of TLS 1.3, or an answer that was asked for. */
  #isPeersRenegotiation(): boolean {
    return !this.#rehandshake.isUnderWay && this.info !== null && protocolOf(this.info) !== 'TLSv1.3';
  }

  /** Windows has given the connection back. */
  #goOn(): void {
    this.#updateReading();
    this.#rehandshake.advanceSoon(this.#running && this.#running.engine);
  }

  // ---- the transport -----------------------------------------------------------------------------------------------

  /**
   * The transport flows while a handshake needs it, else while the consumer wants data; never beyond what the engine
   * will hold.
   */
  #updateReading(): void {
    const link = this.#link;
    if (!link || this.#isClosed()) return;
    link.flows = this.#running ? this.#engineReads(this.#running) : this.#side.admission?.wantsHello === true;
  }

  #engineReads({ engine, answers }: Running): boolean {
    const isEstablished = this.#stage === 'established';
    if (isEstablished && answers.areMany) return false;
    const shakesHands = !isEstablished || engine.phase.name === 'renegotiating';
    return engine.wantsInput && (this.#consumerReads || shakesHands);
  }

  /**
   * A peer that has said everything closes, and its system answers our close_notify with a reset. Nothing is lost by
   * that when its end was seen, or when nobody waits for it; closing the stream then ends what waits.
   */
  #transportFailed(error: Error): void {
    const engine = this.#running?.engine;
    if (this.#stage === 'established' && engine?.isUnsettled) {
      this.#loss = { error };
      engine.transportEnded();
      return;
    }
    const isHarmless = this.#outgoing === 'ending' && (this.#incoming === 'ended' || this.destroyingSoon);
    if (!isHarmless) this.#fail(error);
  }

  #transportEnded(): void {
    if (this.#running) this.#running.engine.transportEnded();
    else if (this.#link?.isListening) this.#fail(closedInHandshake(null, this.#side.role));
  }

  #transportClosed(): void {
    if (this.#isClosed() || this.#isFailing) return;
    const running = this.#running;
    running?.engine.transportEnded();
    if (this.#stage !== 'established') this.#fail(closedInHandshake(null, this.#side.role));
    // What a stream was busy with when it was destroyed is never called back.
    running?.sealer.abort(closedInWrite());
    this.#finished();
    if (running?.engine.isUnsettled) this.#lose();
    else this.#abandon();
  }

  /** The transport is closed while what had come by it waits for Windows. */
  #lose(): void {
    // Nobody but the program closes its own socket of libuv's before the peer's end, and it wants no more of it.
    // Listeners that come later find TLS destroyed, as with node:tls.
    if (this.#loss === null && this.#link?.isTaken && this.#isCutOff) {
      this.#tellEnd(false);
      this.#abandon();
    } else {
      this.#loss ??= { error: null };
    }
  }

  /** Somebody has destroyed the transport, and with it what the peer might still have had to say. */
  #abandon(): void {
    if (this.#isCutOff) this.#events.abandoned();
  }

  /** Neither the peer nor its system has said that nothing more comes. */
  get #isCutOff(): boolean {
    return this.#incoming === 'open' && this.transport?.readableEnded === false;
  }

  /** The peer's data is over, with its close_notify or without. */
  #tellEnd(closeNotify: boolean): void {
    if (closeNotify) this.#incoming = 'ended';
    if (closeNotify || !this.#settings.requireCloseNotify) this.#events.ended(closeNotify);
    else this.#fail(truncated('without close_notify'));
  }

  /** Everything that came before the transport was lost is worked off. */
  #bearLoss(): void {
    const loss = this.#loss;
    this.#loss = null;
    if (!loss || this.#isClosed()) return;
    if (loss.error) this.#transportFailed(loss.error);
    else this.#abandon();
  }

  // ---- ends --------------------------------------------------------------------------------------------------------

  /** A method, since every call into the events may have closed the connection. */
  #isClosed(): boolean {
    return this.#stage === 'closed';
  }

  #finished(): void {
    const done = this.#finish;
    this.#finish = null;
    done?.();
  }

  /** The first error counts, also while something is added to it. */
  #fail(thrown: unknown): void {
    if (this.#isClosed() || this.#isFailing) return;
    const error = toError(thrown);
    const advised = this.#stage === 'established' ? null : (this.#side.advise?.(error) ?? null);
    if (advised === null) {
      this.#events.failed(error);
      return;
    }
    this.#isFailing = true;
    this.#timer.stop();
    void advised.then(() => {
      if (!this.#isClosed()) this.#events.failed(error);
    });
  }

  /** Before there is a session: a peer that has spoken is told, in the clear. */
  #rejectEarly({ error, alert }: Rejection): void {
    const link = this.#link;
    if (!link || this.#isClosed()) return;
    const hasSpoken = (this.#side.admission?.helloBytes.length ?? 0) > 0;
    if (alert !== null && hasSpoken && link.stream.writable) {
      link.alerted = true;
      link.stream.write(alertRecord(alert));
    }
    this.#fail(error);
  }

  #giveUp(reason: Error | null): void {
    if (this.#isClosed()) return;
    this.#stage = 'closed';
    this.#timer.stop();
    this.#running?.engine.close();
    this.#side.release();
    const cut = reason ? canceled(reason) : destroyed();
    this.#running?.sealer.abort(cut);
    this.#waitingWrite?.done(cut);
    this.#waitingWrite = null;
    this.#rehandshake.abort(reason ?? cut);
    this.#finished();
  }
}
