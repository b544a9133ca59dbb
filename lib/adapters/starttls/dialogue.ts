import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { abortError } from '../../base/errors/abort-error.js';
import { answeredEarly, closedEarly, injected, limitExceeded, type PeerRole, timedOut } from './errors.js';

/** How much a peer can make us keep before TLS protects the connection. */
export interface DialogueLimits {
  /** Bytes of one line without its end. RFC 5321 §4.5.3.1.5 allows replies of 512; real servers write more. */
  readonly lineLength: number;
  /** Lines of one reply. */
  readonly replyLines: number;
  /** Bytes received up to the go-ahead. */
  readonly totalBytes: number;
}

export const DIALOGUE_LIMITS: DialogueLimits = Object.freeze({
  lineLength: 2048,
  replyLines: 100,
  totalBytes: 64 * 1024,
});

/**
 * Called with one line of the dialogue, without its line end, as it was sent or received. Of a protocol that has no
 * lines it gets each message: text as it is, and octets as hexadecimal digits.
 */
export type LineListener = (line: string, direction: 'sent' | 'received') => void;

export interface DialogueOptions {
  readonly limits: DialogueLimits;
  /** Time for the whole dialogue in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | null;
  readonly onLine: LineListener | null;
  /** Default 'server'. A client may send commands without waiting for the answer of each. */
  readonly peer?: PeerRole;
  /** What is thrown for a peer that does not keep to the rules. Default: the errors of STARTTLS. */
  readonly faults?: DialogueFaults;
}

/** The errors of a dialogue, in the words of what it is for. */
export interface DialogueFaults {
  /** Something has arrived that nothing had asked for. */
  answeredEarly(bytes: number): Error;
  closedEarly(waitingFor: string): Error;
  limitExceeded(what: string): Error;
  timedOut(waitingFor: string, milliseconds: number): Error;
}

const LINE_FEED = '\n'.charCodeAt(0);
const CARRIAGE_RETURN = '\r'.charCodeAt(0);

/**
 * The clear-text dialogue before TLS: it sends and receives lines or octets within limits of size and time. It reads
 * only what it needs from the stream, so that {@link Dialogue.release} can detect data that arrived too early.
 */
export class Dialogue {
  readonly socket: Duplex;
  readonly limits: DialogueLimits;
  readonly peer: PeerRole;
  readonly #timeout: number;
  readonly #signal: AbortSignal | null;
  readonly #onLine: LineListener | null;
  readonly #faults: DialogueFaults;
  readonly #timer: NodeJS.Timeout;
  #pending: Buffer = Buffer.alloc(0);
  #received = 0;
  #ended = false;
  #failure: Error | null = null;
  #waitingFor = 'an answer';
  #wake: (() => void) | null = null;

  constructor(socket: Duplex, options: DialogueOptions) {
    this.socket = socket;
    this.limits = options.limits;
    this.peer = options.peer ?? 'server';
    this.#timeout = options.timeout;
    this.#signal = options.signal;
    this.#onLine = options.onLine;
    this.#faults = options.faults ?? faultsOf(this.peer);
    this.#ended = socket.readableEnded || socket.destroyed;
    if (socket.errored) this.#failure = socket.errored;
    this.#timer = setTimeout(this.#onTimeout, options.timeout).unref();
    socket.on('readable', this.#onReadable);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
    socket.on('error', this.#onError);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) this.#onAbort();
  }

  /** Whether something is there to be read that has not been read yet. */
  get hasArrived(): boolean {
    return this.#early > 0;
  }

  get #early(): number {
    return this.#pending.length + this.socket.readableLength;
  }

  /**
   * Sends one line; the CRLF is added.
   *
   * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY if something has arrived that would be taken for the answer
   */
  send(line: string): void {
    this.#write(`${line}\r\n`, line);
  }

  /** Sends text as it is. @throws as {@link send} */
  sendText(text: string): void {
    this.#write(text, text);
  }

  /** Sends octets. @throws as {@link send} */
  sendBytes(bytes: Uint8Array): void {
    this.#write(bytes, Buffer.from(bytes).toString('hex'));
  }

  /** Sends octets that no log may have, and overwrites them afterwards. @throws as {@link send} */
  sendSecret(bytes: Uint8Array, shown: string): void {
    // Another stream may hand on what it was given instead of a copy.
    const forget = this.socket instanceof Socket ? (): void => void bytes.fill(0) : undefined;
    this.#write(bytes, shown, forget);
  }

  #write(content: string | Uint8Array, shown: string, sent?: () => void): void {
    if (this.#failure || this.#ended) return; // what is read next reports it
    if (this.peer === 'server' && this.hasArrived) throw this.#faults.answeredEarly(this.#early);
    this.#onLine?.(shown, 'sent');
    this.socket.write(content, sent);
  }

  /**
   * Reads exactly so many octets, which the caller has limited. @throws as {@link readLine}
   */
  async readBytes(count: number, waitingFor: string): Promise<Buffer> {
    const bytes = await this.#next(waitingFor, () => this.#takeBytes(count));
    this.#onLine?.(bytes.toString('hex'), 'received');
    return bytes;
  }

  /**
   * Reads as many octets as `measure` says of those that have arrived; null: more are needed. It has to limit them.
   * @throws as {@link readLine}, without a limit; what `measure` throws
   */
  async readMeasured(waitingFor: string, measure: (arrived: Buffer) => number | null): Promise<Buffer> {
    const bytes = await this.#next(waitingFor, () => {
      const length = this.#pending.length === 0 ? null : measure(this.#pending);
      return length === null ? null : this.#takeBytes(length);
    });
    this.#onLine?.(bytes.toString('latin1'), 'received');
    return bytes;
  }

  /**
   * Reads up to a character of ASCII, and this character. The limit of a line counts. @throws as {@link readLine}
   */
  async readThrough(character: string, waitingFor: string): Promise<string> {
    const text = await this.#next(waitingFor, () => this.#takeThrough(character.charCodeAt(0)));
    this.#onLine?.(text.toString('utf8'), 'received');
    return text.toString('utf8');
  }

  /**
   * Reads the next line, without its end (CRLF; a bare LF is accepted, as in mail software).
   * @param waitingFor what the line is, for error messages: 'the greeting'
   * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_LIMIT, _CLOSED, ERR_SCHANNEL_STARTTLS_TIMEOUT; the stream's own
   *   error; an AbortError
   */
  async readLine(waitingFor: string): Promise<string> {
    const line = withoutLineEnd(await this.#next(waitingFor, () => this.#takeThrough(LINE_FEED)));
    this.#onLine?.(line, 'received');
    return line;
  }

  /** @param take what has arrived completely; null if more is needed */
  async #next(waitingFor: string, take: () => Buffer | null): Promise<Buffer> {
    this.#waitingFor = waitingFor;
    for (;;) {
      if (this.#failure) throw this.#failure;
      const taken = take();
      if (taken !== null) return taken;
      if (this.#takeChunk()) continue;
      if (this.#ended) throw this.#faults.closedEarly(waitingFor);
      await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /**
   * The first byte that has arrived and was not read, and stays so; null if none comes. @throws as {@link readLine}
   * @param within how long to wait for it, in milliseconds; null for as long as the dialogue may last
   */
  async firstByte(waitingFor: string, within: number | null): Promise<number | null> {
    this.#waitingFor = waitingFor;
    const wait = { isOver: false };
    const over = (): void => {
      wait.isOver = true;
      this.#wakeUp();
    };
    const timer = within === null ? undefined : setTimeout(over, within);
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const [first] = this.#pending;
        if (first !== undefined) return first;
        if (this.#takeChunk()) continue;
        if (this.#ended) throw this.#faults.closedEarly(waitingFor);
        if (wait.isOver) return null;
        await this.#news();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Ends the dialogue and gives the stream back untouched.
   * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_INJECTION when there is data after the last line that was read
   */
  release(): Duplex {
    this.detach();
    this.#checkRead();
    return this.socket;
  }

  /**
   * Ends the dialogue with the go-ahead for TLS, which is only written if nothing came behind the request. @throws as
   * {@link release}
   */
  grant(goAhead: string | Uint8Array): Duplex {
    this.#checkRead();
    if (this.#ended) throw this.#faults.closedEarly('the go-ahead');
    this.detach();
    this.socket.write(goAhead);
    return this.socket;
  }

  /**
   * Ends the dialogue where what follows is not TLS, but belongs to the next reader of the stream: a target behind a
   * proxy may have spoken first. What was not read can be read again. @throws the stream's own error; an error if it
   * has ended
   */
  giveBack(): Duplex {
    this.detach();
    if (this.#failure) throw this.#failure;
    if (this.#pending.length === 0) return this.socket;
    if (this.socket.readableEnded) throw this.#faults.closedEarly('what follows');
    this.socket.unshift(this.#pending);
    this.#pending = Buffer.alloc(0);
    return this.socket;
  }

  /** Ends the wait for the peer with an error. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeUp();
  }

  /** Destroys the connection after a failure: nothing on it can be trusted any more. */
  abandon(): void {
    this.detach();
    this.socket.on('error', ignore); // the first failure has been reported
    this.socket.destroy();
  }

  #checkRead(): void {
    if (this.#failure) throw this.#failure;
    if (this.hasArrived) throw injected(this.#early, this.peer);
  }

  #takeThrough(mark: number): Buffer | null {
    const end = this.#pending.indexOf(mark);
    if ((end < 0 ? this.#pending.length : end) > this.limits.lineLength) {
      throw this.#faults.limitExceeded(
        `A line of more than ${this.limits.lineLength} bytes arrived as ${this.#waitingFor}`,
      );
    }
    return end < 0 ? null : this.#takeBytes(end + 1);
  }

  #takeBytes(count: number): Buffer | null {
    if (this.#pending.length < count) return null;
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }

  #takeChunk(): boolean {
    const chunk = this.socket.read() as Buffer | string | null;
    if (chunk === null) return false;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#received += bytes.length;
    if (this.#received > this.limits.totalBytes) {
      throw this.#faults.limitExceeded(`More than ${this.limits.totalBytes} bytes arrived before TLS`);
    }
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    return true;
  }

  /** Stops listening to the stream. */
  detach(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.socket.removeListener('readable', this.#onReadable);
    this.socket.removeListener('end', this.#onEnd);
    this.socket.removeListener('close', this.#onEnd);
    this.socket.removeListener('error', this.#onError);
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  readonly #onReadable = (): void => this.#wakeUp();
  readonly #onError = (error: Error): void => this.fail(error);
  readonly #onTimeout = (): void => this.fail(this.#faults.timedOut(this.#waitingFor, this.#timeout));
  readonly #onAbort = (): void => this.fail(abortError(this.#signal?.reason));
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wakeUp();
  };
}

const faultsOf = (peer: PeerRole): DialogueFaults => ({
  answeredEarly,
  closedEarly: (waitingFor) => closedEarly(waitingFor, peer),
  limitExceeded: (what) => limitExceeded(what, peer),
  timedOut: (waitingFor, milliseconds) => timedOut(waitingFor, milliseconds, peer),
});

function withoutLineEnd(line: Buffer): string {
  const end = line.length - 1;
  return line.toString('utf8', 0, line[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
}

function ignore(): void {
  // without a listener, a late 'error' would be thrown
}
