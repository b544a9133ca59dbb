import { errorFromStatus } from '../../base/errors/from-status.js';
import { isLack, lackOf } from '../../base/errors/lack.js';
import type { Rejection } from '../../base/errors/rejection.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import {
  ResultWord,
  type Callback,
  type NativeCredential,
  type NativeHandshakeResult,
  type NativeSessionInfo,
  type NativeStreamSizes,
  type Role,
} from '../../native/binding.js';
import type { EngineEffects, EngineParts, EngineSession } from './effects.js';
import * as faults from './faults.js';
import { HandshakeInput, type Offer } from './handshake-input.js';
import { Inbound } from './inbound.js';
import { LIMITS, type Limits } from './limits.js';
import { isSameTls13, isTls13 } from './negotiated.js';
import { PeerBudget } from './peer-budget.js';
import {
  PERMITTED,
  handshakeOf,
  isBusy,
  type EngineEvent,
  type Handshake,
  type Phase,
  type PhaseName,
} from './phase.js';
import { alertIn, alertRecord } from './plaintext-alert.js';
import type { PlaintextRun } from './plaintext-run.js';
import type { RecordFault } from './record.js';
import { Status } from './status.js';

/** Phases in which nobody takes ciphertext, since the owner has the word. */
const WAITING: readonly PhaseName[] = ['idle', 'choosing', 'verifying'];

/** A step without input: a client's first words, or our wish to renegotiate. */
const NOTHING: Offer = { portions: [], bytes: 0, atMost: 0 };

/**
 * One TLS connection without any I/O: ciphertext and requests in, effects out. It keeps Windows' rule that a
 * handshake step excludes everything else, gives Windows whole records only, and bounds what a peer can make grow.
 */
export class Engine {
  readonly #session: EngineSession;
  readonly #result: Int32Array;
  readonly #effects: EngineEffects;
  readonly #role: Role;
  readonly #limits: Limits;
  readonly #budget: PeerBudget;
  readonly #inbound: Inbound;
  readonly #handshake: HandshakeInput;
  /** A request for a certificate can still be answered with a choice. */
  #chooses: boolean;
  readonly #renegotiates: boolean;

  #phase: Phase = { name: 'idle' };
  #incoming: 'open' | 'ended' = 'open';
  #outgoing: 'open' | 'ended' = 'open';
  #shutdownWanted = false;
  #transportEnded = false;
  /** Effects may run before #drain() has decrypted what waited: what comes in them has to queue up behind it. */
  #backlog = false;
  #info: NativeSessionInfo | null = null;

  constructor(parts: EngineParts) {
    this.#session = parts.session;
    this.#result = parts.result;
    this.#effects = parts.effects;
    this.#role = parts.role ?? 'client';
    this.#chooses = parts.chooses ?? false;
    this.#renegotiates = parts.renegotiates ?? true;
    this.#limits = parts.limits ?? LIMITS[this.#role];
    this.#budget = new PeerBudget(this.#limits, parts.now ?? (() => performance.now()));
    this.#inbound = new Inbound(this.#session, this.#result);
    this.#handshake = new HandshakeInput(this.#inbound);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** encrypt() may be called. */
  get canEncrypt(): boolean {
    return this.#phase.name === 'open' && this.#outgoing === 'open';
  }

  /** False when the transport should be paused: enough ciphertext waits, and not for its own rest. */
  get wantsInput(): boolean {
    const phase = this.#phase;
    if (phase.name === 'closed') return false;
    const waits = isBusy(phase) || WAITING.includes(phase.name);
    return !waits || this.#inbound.length < this.#limits.pendingInput;
  }

  /** What came may wait, for Windows or for the owner's word; the transport's end counts behind it. */
  get isUnsettled(): boolean {
    return this.#phase.name !== 'open' && this.#phase.name !== 'closed';
  }

  /** What the last complete handshake agreed on. */
  get info(): NativeSessionInfo | null {
    return this.#info;
  }

  /** Begins the handshake: a client speaks first; a server waits for its client, or goes on with what has come. */
  start(): void {
    this.#expect('start');
    if (this.#role === 'client') {
      this.#step({ name: 'handshaking' }, NOTHING);
      return;
    }
    this.#phase = { name: 'handshaking', worker: false };
    this.#advance();
  }

  /**
   * Takes ciphertext from the transport.
   * @param ownsMemory the chunk's memory is the engine's from now on, and plaintext may lie in it; otherwise it is
   *   neither kept nor changed
   */
  receive(chunk: Uint8Array, ownsMemory = false): void {
    this.#expect('receive');
    if (this.#phase.name === 'closed' || this.#incoming === 'ended' || chunk.length === 0) return;
    if (this.#phase.name === 'open' && !this.#backlog) {
      this.#decrypt(chunk, ownsMemory);
      return;
    }
    this.#inbound.append(chunk);
    this.#advance();
  }

  /** The transport will give no more bytes. */
  transportEnded(): void {
    this.#expect('transport-end');
    this.#transportEnded = true;
    if (this.#phase.name === 'open' && !this.#backlog) this.#endWithoutNotice();
    else this.#advance();
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
    this.#handshake.look();
    this.#step(phase.within, this.#handshake.offer());
  }

  /** The peer is trusted, and what was negotiated is good enough: application data may flow. */
  accept(): void {
    this.#expect('verdict');
    this.#resume();
  }

  /** There must be no connection: sends the alert (RFC 8446 §6 number), then fails with the error. */
  reject(alert: number, error: Error): void {
    this.#expect('verdict');
    this.#failWithAlert(alert, error);
  }

  /** Bytes of output that encrypting `length` bytes can need. */
  ciphertextRoom(length: number): number {
    const sizes = this.#info?.sizes;
    if (!sizes) return 0;
    const records = Math.ceil(length / sizes.maximumMessage);
    return length + records * (sizes.header + sizes.trailer);
  }

  /** What a record adds to its plaintext, and how much it holds. */
  get sizes(): NativeStreamSizes | null {
    return this.#info && this.#info.sizes;
  }

  /**
   * Encrypts `input[start, end)` into `output` from `at` on and returns how many bytes of ciphertext lie there. The
   * caller writes them to the transport, in order, before anything else. The input may lie in the output as
   * NativeSession.encrypt() says.
   * @throws SchannelError when Windows refuses; the connection is dead then.
   */
  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
    this.#expect('encrypt');
    if (this.#outgoing === 'ended') throw usageError('encrypt', 'behind its close_notify');
    const status = this.#encrypt(input, start, end, output, at);
    if (status === Status.Ok) return this.#word(ResultWord.Written);
    const isRefused = this.#incoming === 'ended' && status >>> 0 === Status.ContextExpiredError;
    this.close();
    throw isRefused
      ? faults.sendsNothing()
      : errorFromStatus({ status, syscall: 'EncryptMessage', phase: 'data' });
  }

  #encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
    try {
      this.#session.encrypt(input, start, end, output, at);
    } catch (thrown) {
      return lackOf(thrown).status;
    }
    return this.#word(ResultWord.Status);
  }

  /**
   * Begins a handshake within the connection: a server asks for a certificate that it did not want before (under TLS
   * 1.3 of a client that offered post_handshake_auth), or either side renegotiates TLS 1.2. secure() or declined()
   * asks for a verdict on its outcome. Schannel takes everything that comes from here on for the handshake, so it has
   * to be the peer's turn to listen.
   * @param requestFlags ISC_REQ_* or ASC_REQ_* bits from here on; null keeps the present ones
   * @throws SchannelError ERR_SCHANNEL_USAGE_PHASE unless the connection is open in both directions and between two
   *   records, and on a client of TLS 1.3, which has no renegotiation
   */
  renegotiate(requestFlags: number | null = null): void {
    this.#expect('renegotiate');
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw usageError('renegotiate', obstacle);
    if (requestFlags !== null) this.#session.setRequestFlags(requestFlags);
    this.#budget.excuseRenegotiation();
    this.#step({ name: 'renegotiating', ours: true }, NOTHING);
    this.#effects.renegotiating();
  }

  #obstacle(): string | null {
    if (this.#outgoing === 'ended' || this.#incoming === 'ended') return 'closed in one direction';
    if (this.#inbound.length > 0) return 'in the middle of a record';
    return this.#role === 'client' && this.#info !== null && isTls13(this.#info) ? 'one of TLS 1.3' : null;
  }

  /** Asks for close_notify; the effect shutdown() reports that it is written. Nothing can be encrypted from here on. */
  shutdown(): void {
    this.#expect('shutdown');
    if (this.#outgoing === 'ended' || this.#phase.name === 'closing') return;
    if (this.#phase.name === 'open') this.#closeOutgoing();
    else this.#shutdownWanted = true;
  }

  /** Gives the context up at once, without a word to the peer. Idempotent. */
  close(): void {
    if (this.#phase.name === 'closed') return;
    this.#phase = { name: 'closed' };
    this.#inbound.clear();
    this.#session.close();
  }

  // ---- handshake -------------------------------------------------------------------------------------------------

  /** Gives Windows the input, if Windows waits for it and there is something new. */
  #advance(): void {
    const phase = this.#phase;
    if ((phase.name !== 'handshaking' && phase.name !== 'renegotiating') || phase.worker) return;
    const input = this.#handshake;
    const fault = input.look();
    if (input.hasNews) {
      this.#step(handshakeOf(phase), input.offer());
      return;
    }
    const tooMuch = this.#budget.handshake(input.seen);
    if (tooMuch) this.#rejectPeer(tooMuch);
    else if (fault) this.#failFraming(fault, input.behind());
    else if (this.#transportEnded) {
      this.#fail(
        this.#info
          ? faults.truncated('within a renegotiation')
          : faults.closedInHandshake(input.alert, this.#role),
      );
    }
  }

  #step(handshake: Handshake, offer: Offer): void {
    this.#phase = { ...handshake, worker: true };
    onWorker(
      (callback) => this.#session.handshake(offer.portions, callback),
      (step) => this.#stepped(step, offer),
    );
  }

  #stepped(step: NativeHandshakeResult, offer: Offer): void {
    this.#expect('step');
    const phase = this.#phase;
    if (phase.name !== 'handshaking' && phase.name !== 'renegotiating') return;
    if (!this.#deliver(step.token, phase)) return;
    const rest = this.#handshake.take(offer, step.consumed);
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
   * call that makes the close_notify may say so already). Decryption goes on nevertheless.
   */
  #isBehindOurEnd(status: number): boolean {
    const isExpired = status === Status.ContextExpired || status === Status.ContextExpiredError;
    return isExpired && this.#outgoing === 'ended';
  }

  /** A ticket is of no use any more, and must not cost the answer that follows it. */
  #dropMessage(): void {
    this.#handshake.dropMessage();
    this.#resume();
  }

  /**
   * What renegotiate() asks for is begun, and it is the peer's turn. AcceptSecurityContext says SEC_E_OK to a server,
   * once its request is made; what is received then goes to it and not to DecryptMessage (.NET
   * SslStream.RenegotiateAsync).
   */
  #opened(step: NativeHandshakeResult, handshake: Handshake): void {
    // Without a request there is nothing that the peer could answer.
    if (step.token === null) this.#nothingCame(handshake);
    else this.#advance();
  }

  /** @param rest bytes that the step got and did not take */
  #wantsMore(step: NativeHandshakeResult, handshake: Handshake, rest: number, offer: Offer): void {
    // What the peer would have to answer cannot be said any more.
    if (step.token !== null && this.#outgoing === 'ended') {
      this.#rejectPeer(faults.renegotiationBehindEnd());
      return;
    }
    this.#handshake.keep(rest, step.consumed > 0 && rest > 0);
    const tooMuch =
      this.#budget.handshake(this.#handshake.tried) ??
      this.#budget.repeat(rest > 0 ? offer.atMost : 0) ??
      (handshake.name === 'renegotiating' ? this.#budget.renegotiation() : null);
    if (tooMuch) this.#rejectPeer(tooMuch);
    else this.#advance();
  }

  /** The connection is what it was. Its owner, if it wanted a handshake, judges that before data flows. */
  #nothingCame(handshake: Handshake): void {
    if (handshake.name === 'handshaking' || !handshake.ours) {
      this.#resume();
      return;
    }
    this.#phase = { name: 'verifying' };
    this.#effects.declined();
  }

  /** Windows has read the request, and gets it again with what was chosen. */
  #askForChoice(step: NativeHandshakeResult, within: Handshake): void {
    if (!this.#chooses) {
      this.#fail(this.#stepError(step));
      return;
    }
    this.#handshake.retry();
    this.#phase = { name: 'choosing', within };
    this.#effects.choose(step.issuers);
  }

  /**
   * Writes what a worker made, if its phase still stands; false when the engine was closed before, or within the
   * effect. Nothing follows our close_notify (RFC 8446 §6.1): the transport may have been ended.
   */
  #deliver(token: Uint8Array | null, phase: Phase): boolean {
    if (this.#phase !== phase) return false;
    if (token && this.#outgoing === 'open') this.#effects.write(token);
    return this.#phase === phase;
  }

  #established(step: NativeHandshakeResult, handshake: Handshake): void {
    const info = step.info;
    const before = this.#info;
    const isTicket = this.#isTicket(step, handshake);
    if (!info && before && isTls13(before) && handshake.name === 'renegotiating') {
      this.#resume(isTicket); // nothing that was judged has changed
      return;
    }
    if (!info) {
      this.#fail(
        errorFromStatus({ status: step.status, syscall: 'QueryContextAttributesW', phase: 'handshake' }),
      );
      return;
    }
    this.#info = info;
    this.#inbound.protectAs(info);
    const isUnasked = handshake.name === 'renegotiating' && !handshake.ours;
    if (before && isUnasked && isSameTls13(before, info)) {
      this.#resume(isTicket);
      return;
    }
    const tooMany = before && !isTls13(before) ? this.#budget.renegotiation() : null;
    if (tooMany) {
      this.#rejectPeer(tooMany);
      return;
    }
    this.#phase = { name: 'verifying' };
    this.#effects.secure(info);
  }

  /** The other messages behind a handshake of TLS 1.3 are answered, or are key updates. */
  #isTicket({ token }: NativeHandshakeResult, handshake: Handshake): boolean {
    const isUnasked = handshake.name === 'renegotiating' && !handshake.ours;
    return isUnasked && this.#role === 'client' && token === null && !this.#handshake.hasKeyUpdate;
  }

  /** Application data again, in both directions; first what has waited. */
  #resume(behindTicket = false): void {
    const phase: Phase = { name: 'open' };
    this.#phase = phase;
    this.#handshake.finish();
    this.#budget.handshakeDone();
    this.#backlog = true;
    if (behindTicket) this.#effects.ticket();
    if (this.#phase !== phase) return;
    if (this.#shutdownWanted) this.#closeOutgoing();
    else if (this.#outgoing === 'open') this.#effects.writable();
    else this.#effects.resumed();
    this.#drain();
  }

  /** Decrypts what has waited; then the transport's end counts, if it came. */
  #drain(): void {
    if (this.#phase.name !== 'open') return;
    this.#backlog = false;
    if (this.#inbound.length > 0) this.#decrypt(this.#inbound.take(), true);
    if (this.#transportEnded) this.#endWithoutNotice();
  }

  // ---- application data ------------------------------------------------------------------------------------------

  /**
   * Decrypts every whole record that ends in this chunk, and hands the plaintext over in one piece. The order of what
   * follows matters, since handing plaintext over may call back into the engine.
   */
  #decrypt(chunk: Uint8Array, ownsMemory: boolean): void {
    const run = this.#inbound.decrypt(chunk, ownsMemory);
    if (!run) return;
    const { status, fault } = run;
    const tooMany = this.#budget.data(run.written, run.records);
    if (status === Status.Renegotiate) {
      this.#renegotiate(run);
      this.#handOver(run);
      return;
    }
    if (status === Status.ContextExpired) this.#incoming = 'ended';
    this.#handOver(run);
    if (this.#isClosed()) return;
    if (status === Status.ContextExpired) this.#effects.end(true);
    else if (status !== Status.Ok)
      this.#fail(errorFromStatus({ status, syscall: 'DecryptMessage', phase: 'data' }));
    else if (fault) this.#failFraming(fault, run.behind);
    else if (tooMany) this.#rejectPeer(tooMany);
  }

  #handOver({ plaintext }: PlaintextRun): void {
    if (plaintext.length > 0 && !this.#isClosed()) this.#effects.plaintext(plaintext);
  }

  /** A method, since every effect may have closed the engine. */
  #isClosed(): boolean {
    return this.#phase.name === 'closed';
  }

  /**
   * Windows needs the message before anything else (Microsoft Learn, "Recognizing a Request to Renegotiate a
   * Connection"). Under TLS 1.3 tickets and key updates arrive so too (dotnet/runtime, SslStream.IO.cs).
   */
  #renegotiate({ message }: PlaintextRun): void {
    const tooMany = this.#budget.message() ?? this.#refusedRenegotiation();
    if (tooMany) {
      this.#rejectPeer(tooMany);
      return;
    }
    this.#step({ name: 'renegotiating', ours: false }, this.#handshake.offerMessage(message));
    this.#effects.renegotiating();
  }

  /** Under TLS 1.3 there is no renegotiation. */
  #refusedRenegotiation(): Rejection | null {
    if (!this.#info || isTls13(this.#info)) return null;
    return (
      this.#budget.renegotiationRequest() ?? (this.#renegotiates ? null : faults.renegotiationImpossible())
    );
  }

  // ---- ends ------------------------------------------------------------------------------------------------------

  #closeOutgoing(): void {
    this.#shutdownWanted = false;
    const phase: Phase = { name: 'closing' };
    this.#phase = phase;
    onWorker(
      (callback) => this.#session.shutdown(callback),
      (step) => {
        // Without a token too: a context that can't make its close_notify any more still has to let the transport end.
        if (!this.#deliver(step.token, phase)) return;
        // Windows may have begun, and then would take what the peer sends for an answer to its close_notify.
        if (isLack(step.status)) {
          this.#fail(this.#stepError(step));
          return;
        }
        this.#outgoing = 'ended';
        this.#phase = { name: 'open' };
        this.#backlog = true;
        this.#effects.shutdown();
        this.#drain();
      },
    );
  }

  #endWithoutNotice(): void {
    if (this.#incoming === 'ended' || this.#phase.name !== 'open') return;
    this.#incoming = 'ended';
    if (this.#inbound.length > 0) this.#fail(faults.truncated('in the middle of a TLS record'));
    else this.#effects.end(false);
  }

  #fail(error: Error): void {
    this.close();
    this.#effects.fail(error);
  }

  #failWithAlert(alert: number, error: Error): void {
    if (this.#outgoing === 'ended') {
      this.#fail(error);
      return;
    }
    const phase: Phase = { name: 'failing', error };
    this.#phase = phase;
    onWorker(
      (callback) => this.#session.alert(alert, callback),
      (step) => {
        if (this.#deliver(step.token ?? this.#ownAlert(alert), phase)) this.#fail(error);
      },
    );
  }

  /** Schannel makes no alert for a server that has not got a whole hello yet: there is no context. */
  #ownAlert(alert: number): Uint8Array | null {
    const hasContext = this.#role === 'client' || this.#info !== null || this.#handshake.isBegun;
    return hasContext ? null : alertRecord(alert);
  }

  #rejectPeer({ error, alert }: Rejection): void {
    // While a worker has the context no alert can be made: the error has to do.
    if (alert === null || isBusy(this.#phase)) this.#fail(error);
    else this.#failWithAlert(alert, error);
  }

  #failFraming(fault: RecordFault, bytes: Uint8Array): void {
    const isFirst = !this.#info && this.#handshake.seen === 0;
    if (fault === 'not-tls' && isFirst) this.#rejectPeer(faults.notTls(bytes, this.#role));
    else this.#rejectPeer(faults.badRecord(fault, bytes, this.#info ? 'data' : 'handshake'));
  }

  #stepError({ status, syscall, token }: NativeHandshakeResult): Error {
    const alert = this.#handshake.alert ?? (token && alertIn(token, 'sent'));
    const phase = this.#info ? 'data' : 'handshake';
    return errorFromStatus({ status, syscall, phase, ...(alert ? { alert } : {}) });
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

/** The step had no input, and began what renegotiate() asked for. */
const isOpening = (handshake: Handshake, { portions }: Offer): boolean =>
  handshake.name === 'renegotiating' && handshake.ours && portions.length === 0;

/** Has a worker do a step. Where there is no memory or thread for it, the step has failed, which is reported later. */
function onWorker(
  start: (callback: Callback<NativeHandshakeResult>) => void,
  callback: Callback<NativeHandshakeResult>,
): void {
  try {
    start(callback);
  } catch (thrown) {
    const { status, syscall } = lackOf(thrown);
    queueMicrotask(() => {
      callback({ status, syscall, token: null, consumed: 0, issuers: null, info: null });
    });
  }
}
