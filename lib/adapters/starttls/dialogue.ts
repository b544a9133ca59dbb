import type { Duplex } from 'node:stream';
import { abortError } from '../../base/errors/abort-error.js';
import { closedEarly, injected, limitExceeded, timedOut } from './errors.js';

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

/** Called with one line of the dialogue, without its line end, as it was sent or received. */
export type LineListener = (line: string, direction: 'sent' | 'received') => void;

export interface DialogueOptions {
  readonly limits: DialogueLimits;
  /** Time for the whole dialogue in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | null;
  readonly onLine: LineListener | null;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The clear-text dialogue before TLS: it sends and receives lines within limits of size and time. It reads only what it
 * needs from the stream, so that {@link Dialogue.release} can detect data that arrived too early.
 */
export class Dialogue {
  readonly socket: Duplex;
  readonly limits: DialogueLimits;
  readonly #timeout: number;
  readonly #signal: AbortSignal | null;
  readonly #onLine: LineListener | null;
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
    this.#timeout = options.timeout;
    this.#signal = options.signal;
    this.#onLine = options.onLine;
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

  /** Sends one line; the CRLF is added. */
  send(line: string): void {
    if (this.#failure || this.#ended) return; // the next readLine() reports it
    this.#onLine?.(line, 'sent');
    this.socket.write(`${line}\r\n`);
  }

  /**
   * Reads the next line, without its end (CRLF; a bare LF is accepted, as in mail software).
   * @param waitingFor what the line is, for error messages: 'the greeting'
   * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_LIMIT, _CLOSED, ERR_SCHANNEL_STARTTLS_TIMEOUT; the stream's own
   *   error; an AbortError
   */
  async readLine(waitingFor: string): Promise<string> {
    this.#waitingFor = waitingFor;
    for (;;) {
      if (this.#failure) throw this.#failure;
      const line = this.#takeLine();
      if (line !== null) {
        this.#onLine?.(line, 'received');
        return line;
      }
      if (this.#takeChunk()) continue;
      if (this.#ended) throw closedEarly(waitingFor);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /**
   * Ends the dialogue and gives the stream back untouched.
   * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_INJECTION when there is data after the last line that was read
   */
  release(): Duplex {
    this.#detach();
    if (this.#failure) throw this.#failure;
    const early = this.#pending.length + this.socket.readableLength;
    if (early > 0) throw injected(early);
    return this.socket;
  }

  /** Destroys the connection after a failure: nothing on it can be trusted any more. */
  abandon(): void {
    this.#detach();
    this.socket.on('error', ignore); // the first failure has been reported
    this.socket.destroy();
  }

  #takeLine(): string | null {
    const end = this.#pending.indexOf(LINE_FEED);
    if ((end < 0 ? this.#pending.length : end) > this.limits.lineLength) {
      throw limitExceeded(
        `A line of more than ${this.limits.lineLength} bytes arrived as ${this.#waitingFor}`,
      );
    }
    if (end < 0) return null;
    const text = this.#pending.subarray(
      0,
      end > 0 && this.#pending[end - 1] === CARRIAGE_RETURN ? end - 1 : end,
    );
    this.#pending = this.#pending.subarray(end + 1);
    return text.toString('utf8');
  }

  #takeChunk(): boolean {
    const chunk = this.socket.read() as Buffer | string | null;
    if (chunk === null) return false;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#received += bytes.length;
    if (this.#received > this.limits.totalBytes) {
      throw limitExceeded(`More than ${this.limits.totalBytes} bytes arrived before TLS`);
    }
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    return true;
  }

  #detach(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.socket.removeListener('readable', this.#onReadable);
    this.socket.removeListener('end', this.#onEnd);
    this.socket.removeListener('close', this.#onEnd);
    this.socket.removeListener('error', this.#onError);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  readonly #onReadable = (): void => this.#wakeUp();
  readonly #onError = (error: Error): void => this.#fail(error);
  readonly #onTimeout = (): void => this.#fail(timedOut(this.#waitingFor, this.#timeout));
  readonly #onAbort = (): void => this.#fail(abortError(this.#signal?.reason));
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wakeUp();
  };
}

function ignore(): void {
  // without a listener, a late 'error' would be thrown
}
