import { Alert, alertDetails } from '../../base/errors/alerts.js';
import { errorFromStatus } from '../../base/errors/from-status.js';
import { SchannelError, type AlertDetails } from '../../base/errors/schannel-error.js';
import {
  ResultWord,
  type NativeSessionInfo,
  type NativeCredential,
  type NativeHandshakeResult,
  type Role,
} from '../../native/binding.js';
import { ByteQueue } from './byte-queue.js';
import { ClearMessages } from './clear-messages.js';
import type { EngineEffects, EngineSession } from './effects.js';
import * as faults from './faults.js';
import { LIMITS, type Limits } from './limits.js';
import { MessageAllowance } from './message-allowance.js';
import { PlaintextRun } from './plaintext-run.js';
import { PERMITTED, isBusy, type EngineEvent, type Handshake, type Phase, type PhaseName } from './phase.js';
import {
  ContentType,
  HEADER_LENGTH,
  MAXIMUM_FRAGMENT,
  MAXIMUM_FRAGMENT_TLS13,
  alertRecord,
  countRecords,
  fragmentLength,
  handshakePortions,
  recordLength,
  wholeRecords,
  type RecordFault,
} from './record.js';
import { Status } from './status.js';

/** Phases in which nobody takes ciphertext, since the owner has the word. */
const WAITING: readonly PhaseName[] = ['idle', 'choosing', 'verifying'];

const ALERT_WARNING = 1;

/** Pieces of a handshake that a step is given: Windows may be asked again for each of them, with all that went before. */
const MOST_PORTIONS = 32;

/** What a step was given. */
interface Offer {
  readonly portions: number;
  /** Bytes of ciphertext. */
  readonly bytes: number;
  /** Bytes that Windows reads for it when no portion is enough by itself: each is tried with all that went before. */
  readonly atMost: number;
}

/** What an engine is made of. */
export interface EngineParts {
  readonly session: EngineSession;
  /** The three words in which the session leaves the outcome of encrypt() and decrypt(). */
  readonly result: Int32Array;
  readonly effects: EngineEffects;
  /** The session's; default 'client'. */
  readonly role?: Role;
  /** A certificate is chosen when the server asks for one: the session leaves ISC_REQ_USE_SUPPLIED_CREDS out. Default false. */
  readonly chooses?: boolean;
  /** Windows takes part in a handshake that the peer begins within the connection. Default true. */
  readonly renegotiates?: boolean;
  /** Default {@link LIMITS} of the role. */
  readonly limits?: Limits;
  /** A clock in milliseconds for the limits on messages and renegotiations. */
  readonly now?: () => number;
}

/**
 * One TLS connection without any I/O: ciphertext and requests in, effects out. It frames records, gives whole ones to
 * the session, keeps Windows' rule that a handshake step excludes everything else, and bounds what a peer can make grow.
 */
export class Engine {
  readonly #session: EngineSession;
  readonly #result: Int32Array;
  readonly #effects: EngineEffects;
  readonly #role: Role;
  /** A request for a certificate can still be answered with a choice. */
  #chooses: boolean;
  readonly #renegotiates: boolean;
  readonly #limits: Limits;
  readonly #now: () => number;

  #phase: Phase = { name: 'idle' };
  #inbound: 'open' | 'ended' = 'open';
  #outbound: 'open' | 'ended' = 'open';
  #shutdownWanted = false;
  #transportEnded = false;
  #connection: NativeSessionInfo | null = null;

  /** Ciphertext that Windows has not taken: a partial record, or whatever came while a worker was busy. */
  readonly #input = new ByteQueue();
  /** A decrypted post-handshake message that a step did not take yet. */
  #message: Uint8Array | null = null;
  /** Bytes of whole records at the start of the input that were looked at. */
  #followed = 0;
  /** Windows may find something in them that it has not found. */
  #hasNews = false;
  /** Bytes at the start of the input that a step was given and could do nothing with. */
  #stalledAt = 0;
  /** Null once there are keys, or nothing more to see. */
  #messages: ClearMessages | null = new ClearMessages();
  /** Effects may run before #drain() has decrypted what waited: what comes in them has to queue up behind it. */
  #backlog = false;
  #maximumFragment = MAXIMUM_FRAGMENT;
  #alert: AlertDetails | null = null;

  #handshakeBytes = 0;
  /** Bytes that Windows was asked about again, for want of the rest of a message. */
  #repeatedBytes = 0;
  #emptyRecords = 0;
  readonly #allowance: MessageAllowance;
  /** When the latest renegotiations began, and whether the present one is among them. */
  #renegotiations: number[] = [];
  #renegotiationCounted = false;

  constructor(parts: EngineParts) {
    this.#session = parts.session;
    this.#result = parts.result;
    this.#effects = parts.effects;
    this.#role = parts.role ?? 'client';
    this.#chooses = parts.chooses ?? false;
    this.#renegotiates = parts.renegotiates ?? true;
    this.#limits = parts.limits ?? LIMITS[this.#role];
    this.#now = parts.now ?? (() => performance.now());
    this.#allowance = new MessageAllowance(this.#limits, this.#now);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** encrypt() may be called. */
  get canEncrypt(): boolean {
    return this.#phase.name === 'open' && this.#outbound === 'open';
  }

  /** False when the transport should be paused: enough ciphertext waits, and not for its own rest. */
  get wantsInput(): boolean {
    const phase = this.#phase;
    if (phase.name === 'closed') return false;
    const waits = isBusy(phase) || WAITING.includes(phase.name);
    return !waits || this.#input.length < this.#limits.pendingInput;
  }

  /** What came may wait, for Windows or for the owner's word; the transport's end counts behind it. */
  get isAtSomething(): boolean {
    return this.#phase.name !== 'open' && this.#phase.name !== 'closed';
  }

  /** Facts of the last complete handshake. */
  get connection(): NativeSessionInfo | null {
    return this.#connection;
  }

  /** Begins the handshake: a client says the first word, a server waits for it, or goes on with what has come. */
  start(): void {
    this.#expect('start');
    if (this.#role === 'client') {
      this.#step({ name: 'handshaking' }, []);
      return;
    }
    this.#phase = { name: 'handshaking', worker: false };
    this.#advance();
  }

  /**
   * Takes ciphertext from the transport.
   * @param given the chunk's memory is the engine's from now on, and plaintext may lie in it; otherwise it is neither
   *   kept nor changed
   */
  receive(chunk: Uint8Array, given = false): void {
    this.#expect('receive');
    if (this.#phase.name === 'closed' || this.#inbound === 'ended' || chunk.length === 0) return;
    if (this.#phase.name === 'open' && !this.#backlog) {
      this.#decrypt(chunk, given);
      return;
    }
    this.#input.append(chunk);
    this.#advance();
  }

  /** The transport will give no more bytes. */
  transportEnded(): void {
    this.#expect('transport-end');
    this.#transportEnded = true;
    if (this.#phase.name === 'open' && !this.#backlog) this.#endWithoutNotice();
    else if (this.#phase.name === 'handshaking' || this.#phase.name === 'renegotiating') this.#advance();
  }

  /**
   * Answers choose(): the handshake goes on with this credential, or with the one it had (null), which shows no
   * certificate. A server that asks again after that is not satisfied: the connection fails.
   */
  choose(credential: NativeCredential | null): void {
    this.#expect('choice');
    const phase = this.#phase;
    if (phase.name !== 'choosing') return;
    this.#chooses = false;
    this.#session.setCredential(credential);
    this.#give(phase.within, this.#whole().records);
  }

  /** The peer is trusted, and what was negotiated is good enough: application data may flow. */
  accept(): void {
    this.#expect('verdict');
    this.#resume();
  }

  /** There is to be no connection: sends the alert (RFC 8446 §6 number), then fails with the error. */
  reject(alert: number, error: Error): void {
    this.#expect('verdict');
    this.#failWithAlert(alert, error);
  }

  /** Bytes of output that encrypting `length` bytes can need. */
  ciphertextRoom(length: number): number {
    const sizes = this.#connection?.sizes;
    if (!sizes) return 0;
    const records = Math.ceil(length / sizes.maximumMessage);
    return length + records * (sizes.header + sizes.trailer);
  }

  /**
   * Encrypts `input[start, end)` into `output` from `at` on and returns how many bytes of ciphertext lie there. The
   * caller writes them to the transport, in order, before anything else.
   * @throws SchannelError when Windows refuses; the connection is dead then.
   */
  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
    this.#expect('encrypt');
    if (this.#outbound === 'ended') throw usageError('encrypt', 'behind its close_notify');
    this.#session.encrypt(input, start, end, output, at);
    const status = this.#word(ResultWord.Status);
    if (status === Status.Ok) return this.#word(ResultWord.Written);
    const error = errorFromStatus({ status, syscall: 'EncryptMessage', phase: 'data' });
    this.close();
    throw error;
  }

  /**
   * Begins a handshake within the connection: a server asks for a certificate that it did not want before (under TLS 1.3
   * of a client that offered post_handshake_auth), or either side renegotiates TLS 1.2. secure() or declined() asks for a
   * verdict on what comes of it. Schannel takes whatever comes from here on for the handshake, so it has to be the
   * peer's turn to listen.
   * @param requestFlags ISC_REQ_* or ASC_REQ_* bits from here on; null keeps those that are
   * @throws SchannelError ERR_SCHANNEL_USAGE_PHASE unless the connection is open in both directions and between two
   *   records, and on a client of TLS 1.3, which has no renegotiation
   */
  renegotiate(requestFlags: number | null = null): void {
    this.#expect('renegotiate');
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw usageError('renegotiate', obstacle);
    if (requestFlags !== null) this.#session.setRequestFlags(requestFlags);
    this.#renegotiationCounted = true; // the limit is the peer's
    this.#step({ name: 'renegotiating', ours: true }, []);
    this.#effects.renegotiating();
  }

  #obstacle(): string | null {
    if (this.#outbound === 'ended' || this.#inbound === 'ended') return 'closed in one direction';
    if (this.#input.length > 0) return 'in the middle of a record';
    const isTls13Client = this.#role === 'client' && this.#connection !== null && isTls13(this.#connection);
    return isTls13Client ? 'one of TLS 1.3' : null;
  }

  /** Asks for close_notify; the effect shutdown() tells when it is written. Nothing can be encrypted from here on. */
  shutdown(): void {
    this.#expect('shutdown');
    if (this.#outbound === 'ended' || this.#phase.name === 'closing') return;
    if (this.#phase.name === 'open') this.#closeOutbound();
    else this.#shutdownWanted = true;
  }

  /** Gives the context up at once, without a word to the peer. Idempotent. */
  close(): void {
    if (this.#phase.name === 'closed') return;
    this.#phase = { name: 'closed' };
    this.#input.clear();
    this.#session.close();
  }

  // ---- handshake -------------------------------------------------------------------------------------------------

  /** Gives Windows what is at hand, if it waits for it and there is something new. */
  #advance(): void {
    const phase = this.#phase;
    if ((phase.name !== 'handshaking' && phase.name !== 'renegotiating') || phase.worker) return;
    const { records, fault } = this.#whole();
    if (this.#hasNews) this.#give(handshakeOf(phase), records);
    else if (!this.#withinHandshakeBytes(records.length)) return;
    else if (fault) this.#failFraming(fault, this.#input.view().subarray(records.length));
    else if (this.#transportEnded) {
      this.#fail(
        this.#connection
          ? faults.truncated('within a renegotiation')
          : faults.closedInHandshake(this.#alert, this.#role),
      );
    }
  }

  /** The whole records that wait, those looked at that have come since it was asked last, and what is wrong behind them. */
  #whole(): { readonly records: Uint8Array; readonly fault: RecordFault | null } {
    const bytes = this.#input.view();
    const { end, fault } = wholeRecords(bytes, this.#followed, bytes.length, this.#maximumFragment);
    const fresh = bytes.subarray(this.#followed, end);
    if (fresh.length > 0) {
      this.#noteAlert(fresh);
      if (this.#messages?.follow(fresh) ?? true) this.#hasNews = true;
    }
    this.#followed = end;
    return { records: bytes.subarray(0, end), fault };
  }

  /** Has Windows take these records, or as many of them as one step is given. */
  #give(handshake: Handshake, records: Uint8Array): void {
    const portions = handshakePortions(records, this.#stalledAt, MOST_PORTIONS);
    this.#hasNews = bytesIn(portions) < records.length;
    this.#step(handshake, this.#message ? [this.#message, ...portions] : portions);
  }

  #step(handshake: Handshake, portions: readonly Uint8Array[]): void {
    this.#phase = { ...handshake, worker: true };
    const bytes = bytesIn(portions) - (this.#message?.length ?? 0);
    let [soFar, atMost] = [0, 0];
    for (const portion of portions) atMost += soFar += portion.length;
    const offer = { portions: portions.length, bytes, atMost };
    this.#session.handshake(portions, (step) => this.#stepped(step, offer));
  }

  #stepped(step: NativeHandshakeResult, offer: Offer): void {
    this.#expect('step');
    const phase = this.#phase;
    if (phase.name !== 'handshaking' && phase.name !== 'renegotiating') return;
    if (!this.#deliver(step.token, phase)) return;
    const rest = offer.bytes - this.#took(step.consumed);
    const handshake = handshakeOf(phase);
    this.#phase = { ...handshake, worker: false };
    switch (step.status) {
      case Status.Ok:
        if (isOpening(handshake, offer)) this.#opened(step, handshake);
        else this.#established(step, handshake);
        break;
      case Status.ContinueNeeded:
      case Status.IncompleteMessage:
        if (isOpening(handshake, offer)) this.#opened(step, handshake);
        else this.#wantsMore(step, handshake, rest, offer);
        break;
      case Status.NoRenegotiation:
        // Of the first handshake it would leave a connection that nobody has judged.
        if (handshake.name === 'handshaking') this.#fail(this.#stepError(step));
        else this.#nothingCame(handshake);
        break;
      case Status.IncompleteCredentials:
        this.#askForChoice(step, handshake);
        break;
      default:
        if (this.#isBehindOurEnd(step.status)) this.#dropMessage();
        else this.#fail(this.#stepError(step));
    }
  }

  /**
   * Behind our close_notify a step may find that the context has expired ("Shutting Down an Schannel Connection": the
   * call that makes the close_notify may say so already). Decryption goes on all the same.
   */
  #isBehindOurEnd(status: number): boolean {
    const isExpired = status === Status.ContextExpired || status === Status.ContextExpiredError;
    return isExpired && this.#outbound === 'ended';
  }

  /** A ticket is of no use any more, and must not cost the answer that follows it. */
  #dropMessage(): void {
    this.#message = null;
    this.#resume();
  }

  /**
   * What renegotiate() asks for is begun, and it is the peer's turn. AcceptSecurityContext says SEC_E_OK to a server, once
   * its request is made; what is received then goes to it and not to DecryptMessage (.NET SslStream.RenegotiateAsync).
   */
  #opened(step: NativeHandshakeResult, handshake: Handshake): void {
    // Without a request there is nothing that the peer could answer.
    if (step.token === null) this.#nothingCame(handshake);
    else this.#advance();
  }

  /** @param rest bytes that the step was given and did not take */
  #wantsMore(step: NativeHandshakeResult, handshake: Handshake, rest: number, offer: Offer): void {
    // What the peer would have to answer cannot be said any more.
    if (step.token !== null && this.#outbound === 'ended') {
      this.#failFault(faults.renegotiationBehindEnd());
      return;
    }
    // What is behind something that was taken is given again at once: it may now be of use ("Extra Buffers Returned by
    // Schannel"), and the peer may have no more to say.
    const hasProgress = step.consumed > 0 && rest > 0;
    if (hasProgress) this.#hasNews = true;
    this.#stalledAt = hasProgress ? 0 : rest;
    if (rest > 0) this.#repeatedBytes += offer.atMost;
    if (this.#withinLimits(handshake)) this.#advance();
  }

  /** The connection is what it was. Who wanted a handshake hears of it, and judges, before data flows. */
  #nothingCame(handshake: Handshake): void {
    if (handshake.name === 'handshaking' || !handshake.ours) {
      this.#resume();
      return;
    }
    this.#phase = { name: 'verifying' };
    this.#effects.declined();
  }

  /** Windows has read the request and will be given it again, with what was chosen. */
  #askForChoice(step: NativeHandshakeResult, within: Handshake): void {
    if (!this.#chooses) {
      this.#fail(this.#stepError(step));
      return;
    }
    this.#stalledAt = 0;
    this.#phase = { name: 'choosing', within };
    this.#effects.choose(step.issuers);
  }

  /**
   * Writes what a worker made, if its phase still stands; false when the engine was closed before, or within the effect.
   * Nothing follows our close_notify (RFC 8446 §6.1): the transport may have been ended.
   */
  #deliver(token: Uint8Array | null, phase: Phase): boolean {
    if (this.#phase !== phase) return false;
    if (token && this.#outbound === 'open') this.#effects.write(token);
    return this.#phase === phase;
  }

  /**
   * Accounts for what a step took: of the post-handshake message first, then of the ciphertext.
   * @returns bytes of ciphertext
   */
  #took(consumed: number): number {
    this.#handshakeBytes += consumed;
    const message = this.#message;
    if (message && consumed < message.length) {
      if (consumed > 0) this.#message = message.subarray(consumed);
      return 0;
    }
    this.#message = null;
    const taken = consumed - (message?.length ?? 0);
    const endsRecord = wholeRecords(this.#input.view(), 0, taken, this.#maximumFragment).end === taken;
    this.#input.consume(taken);
    // Within a record nobody knows any more what follows: it is looked at again as it now lies.
    this.#followed = endsRecord ? this.#followed - taken : 0;
    if (!endsRecord) this.#messages = null;
    return taken;
  }

  #withinLimits({ name }: Handshake): boolean {
    if (!this.#withinHandshakeBytes(this.#stalledAt)) return false;
    if (this.#repeatedBytes > this.#limits.repeatedHandshakeBytes) {
      this.#failFault(faults.fragmented());
      return false;
    }
    return name === 'handshaking' || this.#withinRenegotiations();
  }

  /** @param waiting bytes that Windows has not taken */
  #withinHandshakeBytes(waiting: number): boolean {
    if (this.#handshakeBytes + waiting <= this.#limits.handshakeBytes) return true;
    this.#failFault(faults.handshakeTooLarge(this.#limits.handshakeBytes));
    return false;
  }

  /** A renegotiation counts once, when Windows first needs more of the peer for it or at its end; a ticket or key update never does. */
  #withinRenegotiations(): boolean {
    if (this.#renegotiationCounted) return true;
    this.#renegotiationCounted = true;
    const now = this.#now();
    this.#renegotiations = this.#renegotiations.filter((at) => now - at < this.#limits.renegotiationWindow);
    this.#renegotiations.push(now);
    if (this.#renegotiations.length <= this.#limits.renegotiations) return true;
    this.#failFault(faults.tooManyRenegotiations(this.#limits.renegotiations));
    return false;
  }

  #established(step: NativeHandshakeResult, handshake: Handshake): void {
    const connection = step.connection;
    if (!connection && this.#connection && isTls13(this.#connection) && handshake.name === 'renegotiating') {
      this.#resume(); // nothing that was judged has changed
      return;
    }
    if (!connection) {
      this.#fail(
        errorFromStatus({ status: step.status, syscall: 'QueryContextAttributesW', phase: 'handshake' }),
      );
      return;
    }
    const before = this.#connection;
    this.#connection = connection;
    this.#maximumFragment = isTls13(connection) ? MAXIMUM_FRAGMENT_TLS13 : MAXIMUM_FRAGMENT;
    if (before && isMessage(handshake, before, connection)) {
      this.#resume();
      return;
    }
    if (before && !isTls13(before) && !this.#withinRenegotiations()) return;
    this.#phase = { name: 'verifying' };
    this.#effects.secure(connection);
  }

  /** Application data again, in both directions; first what has waited. */
  #resume(): void {
    this.#phase = { name: 'open' };
    this.#messages = null;
    this.#stalledAt = this.#followed = 0;
    this.#hasNews = false;
    this.#handshakeBytes = this.#repeatedBytes = 0;
    this.#renegotiationCounted = false;
    if (this.#message) {
      const rest = Buffer.concat([this.#message, this.#input.take()]);
      this.#message = null;
      this.#input.append(rest);
    }
    this.#backlog = true;
    if (this.#shutdownWanted) this.#closeOutbound();
    else if (this.#outbound === 'open') this.#effects.writable();
    else this.#effects.resumed();
    this.#drain();
  }

  /** Decrypts what has waited; then the transport's end counts, if it came. */
  #drain(): void {
    if (this.#phase.name !== 'open') return;
    this.#backlog = false;
    if (this.#input.length > 0) this.#decrypt(this.#input.take(), true);
    if (this.#transportEnded) this.#endWithoutNotice();
  }

  // ---- application data ------------------------------------------------------------------------------------------

  /** Decrypts every whole record that ends in this chunk, hands the plaintext over in one piece, keeps the rest. */
  #decrypt(chunk: Uint8Array, given: boolean): void {
    const start = this.#completePartial(chunk);
    const partial = this.#input.length > 0 ? this.#input.view() : null;
    if (partial) {
      const length = recordLength(partial, 0, partial.length, this.#maximumFragment);
      if (typeof length === 'string') {
        this.#failFraming(length, partial);
        return;
      }
      if (length === 0 || partial.length < length) return;
    }
    const { end, fault } = wholeRecords(chunk, start, chunk.length, this.#maximumFragment);
    const count = countRecords(chunk, start, end);
    const run = new PlaintextRun(this.#session, this.#result, this.#connection?.sizes.header ?? 0);
    if (partial) {
      run.decrypt(partial, 0, partial.length, partial.length + (given ? 0 : end - start));
      this.#input.clear();
    }
    let at = start;
    if (run.status === Status.Ok && end > start) {
      at += given ? run.decryptInPlace(chunk, start, end) : run.decrypt(chunk, start, end, end - start);
    }
    this.#allowance.earn(run.written);
    if (run.written > 0) this.#emptyRecords = 0;
    else this.#emptyRecords += (partial ? 1 : 0) + count;
    this.#settle(chunk, at, fault, run);
  }

  /** What follows from one run of records: the order matters, since handing plaintext over may call back into the engine. */
  #settle(chunk: Uint8Array, at: number, fault: RecordFault | null, run: PlaintextRun): void {
    const { status } = run;
    const pieces = run.pieces();
    if (status === Status.Renegotiate) {
      if (at < chunk.length) this.#input.append(chunk, at);
      this.#renegotiate(run.message);
      this.#handOver(pieces);
      return;
    }
    if (status === Status.Ok && !fault && at < chunk.length) {
      const length = recordLength(chunk, at, chunk.length, this.#maximumFragment);
      this.#input.append(chunk, at, chunk.length, typeof length === 'number' ? length : 0);
    }
    if (status === Status.ContextExpired) this.#inbound = 'ended';
    this.#handOver(pieces);
    if (this.#isClosed()) return;
    if (status === Status.ContextExpired) this.#effects.end(true);
    else if (status !== Status.Ok)
      this.#fail(errorFromStatus({ status, syscall: 'DecryptMessage', phase: 'data' }));
    else if (fault) this.#failFraming(fault, chunk.subarray(at));
    else if (this.#emptyRecords > this.#limits.emptyRecords)
      this.#failFault(faults.flood('records without data'));
  }

  #handOver(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (this.#isClosed()) return;
      this.#effects.plaintext(piece);
    }
  }

  /** A method, since every effect may have closed the engine. */
  #isClosed(): boolean {
    return this.#phase.name === 'closed';
  }

  /**
   * Windows wants the message before anything else (Microsoft Learn, "Recognizing a Request to Renegotiate a Connection").
   * Under TLS 1.3 tickets and key updates arrive so too (dotnet/runtime, SslStream.IO.cs).
   */
  #renegotiate(message: Uint8Array): void {
    if (!this.#allowance.spend()) {
      this.#failFault(faults.flood('post-handshake messages'));
      return;
    }
    // Refused before Windows has done a handshake's work for it; under TLS 1.3 there is no renegotiation.
    if (this.#connection && !isTls13(this.#connection)) {
      const isAllowed = this.#limits.renegotiations > 0;
      if (!isAllowed || !this.#renegotiates) {
        this.#failFault(isAllowed ? faults.renegotiationImpossible() : faults.tooManyRenegotiations(0));
        return;
      }
    }
    this.#message = message.length > 0 ? message : null;
    this.#step({ name: 'renegotiating', ours: false }, this.#message ? [this.#message] : []);
    this.#effects.renegotiating();
  }

  /** Adds to a partial record what the chunk has of it; returns where the chunk's own records begin. */
  #completePartial(chunk: Uint8Array): number {
    let at = 0;
    if (this.#input.length > 0 && this.#input.length < HEADER_LENGTH) {
      at = Math.min(HEADER_LENGTH - this.#input.length, chunk.length);
      this.#input.append(chunk, 0, at);
    }
    if (this.#input.length < HEADER_LENGTH) return at;
    const header = this.#input.view();
    const length = recordLength(header, 0, header.length, this.#maximumFragment);
    if (typeof length === 'string') return at;
    const missing = Math.min(length - this.#input.length, chunk.length - at);
    if (missing > 0) this.#input.append(chunk, at, at + missing, length);
    return at + Math.max(missing, 0);
  }

  // ---- ends ------------------------------------------------------------------------------------------------------

  #closeOutbound(): void {
    this.#shutdownWanted = false;
    const phase: Phase = { name: 'closing' };
    this.#phase = phase;
    this.#session.shutdown((step) => {
      // Without a token too: a context that can't make its close_notify any more still has to let the transport end.
      if (!this.#deliver(step.token, phase)) return;
      this.#outbound = 'ended';
      this.#phase = { name: 'open' };
      this.#backlog = true;
      this.#effects.shutdown();
      this.#drain();
    });
  }

  #endWithoutNotice(): void {
    if (this.#inbound === 'ended' || this.#phase.name !== 'open') return;
    this.#inbound = 'ended';
    if (this.#input.length > 0) this.#fail(faults.truncated('in the middle of a TLS record'));
    else this.#effects.end(false);
  }

  #fail(error: Error): void {
    this.close();
    this.#effects.fail(error);
  }

  #failWithAlert(alert: number, error: Error): void {
    if (this.#outbound === 'ended') {
      this.#fail(error);
      return;
    }
    const phase: Phase = { name: 'failing', error };
    this.#phase = phase;
    this.#session.alert(alert, (step) => {
      if (this.#deliver(step.token ?? this.#ownAlert(alert), phase)) this.#fail(error);
    });
  }

  /** Schannel makes no alert for a server that has not got a whole hello yet: there is no context. */
  #ownAlert(alert: number): Uint8Array | null {
    const hasContext = this.#role === 'client' || this.#connection !== null || this.#handshakeBytes > 0;
    return hasContext ? null : alertRecord(alert);
  }

  #failFault(fault: faults.Fault): void {
    // While a worker has the context no alert can be made; the error alone has to do.
    if (fault.alert === null || isBusy(this.#phase)) this.#fail(fault.error);
    else this.#failWithAlert(fault.alert, fault.error);
  }

  #failFraming(fault: RecordFault, bytes: Uint8Array): void {
    const first = !this.#connection && this.#handshakeBytes + this.#followed === 0;
    if (fault === 'not-tls' && first) this.#failFault(faults.notTls(bytes, this.#role));
    else this.#failFault(faults.badRecord(fault, bytes, this.#connection ? 'data' : 'handshake'));
  }

  /**
   * Remembers an alert in the clear, as those of a handshake may be: several alerts share one Windows status (Microsoft
   * Learn, "Schannel Error Codes for TLS and SSL Alerts").
   */
  #noteAlert(records: Uint8Array): void {
    for (let at = 0; at < records.length; at += HEADER_LENGTH + fragmentLength(records, at)) {
      this.#alert = alertIn(records.subarray(at), 'received') ?? this.#alert;
    }
  }

  #stepError(step: NativeHandshakeResult): Error {
    const alert = this.#alert ?? (step.token && alertIn(step.token, 'sent'));
    const phase = this.#connection ? 'data' : 'handshake';
    return errorFromStatus({
      status: step.status,
      syscall: step.syscall,
      phase,
      ...(alert ? { alert } : {}),
    });
  }

  #word(word: ResultWord): number {
    return this.#result[word] ?? 0;
  }

  #expect(event: EngineEvent): void {
    if (PERMITTED[this.#phase.name].includes(event)) return;
    throw usageError(event, this.#phase.name);
  }
}

function usageError(event: EngineEvent, state: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_USAGE_PHASE',
    `'${event}' is not possible while the connection is ${state}`,
  );
}

function isTls13(connection: NativeSessionInfo): boolean {
  return connection.cipher?.protocol === 0x0304 || ((connection.info?.protocol ?? 0) & 0x3000) !== 0;
}

const bytesIn = (portions: readonly Uint8Array[]): number =>
  portions.reduce((sum, portion) => sum + portion.length, 0);

/** The step had no input, and began what renegotiate() asked for. */
const isOpening = (handshake: Handshake, offer: Offer): boolean =>
  handshake.name === 'renegotiating' && handshake.ours && offer.portions === 0;

const handshakeOf = (phase: Handshake): Handshake =>
  phase.name === 'handshaking' ? { name: phase.name } : { name: phase.name, ours: phase.ours };

/**
 * A ticket or a key update of TLS 1.3 changes nothing that was judged. Before TLS 1.3 whatever ends a renegotiation is a
 * handshake with parameters of its own, also with the same certificate.
 */
function isMessage(handshake: Handshake, before: NativeSessionInfo, after: NativeSessionInfo): boolean {
  const isUnasked = handshake.name === 'renegotiating' && !handshake.ours;
  return isUnasked && isTls13(before) && isTls13(after) && samePeer(before, after);
}

function samePeer(before: NativeSessionInfo, after: NativeSessionInfo): boolean {
  const [a, b] = [before.peerCertificates[0], after.peerCertificates[0]];
  // A client may have shown none, and does not become another by that.
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

/** The alert in a record that is an alert in the clear: two bytes, level and description. Warnings but close_notify end nothing. */
function alertIn(record: Uint8Array, direction: 'sent' | 'received'): AlertDetails | null {
  if (record[0] !== ContentType.Alert || fragmentLength(record, 0) !== 2) return null;
  const [level, description = 0] = record.subarray(HEADER_LENGTH);
  return level === ALERT_WARNING && description !== Alert.CloseNotify
    ? null
    : alertDetails(description, direction);
}
