import net from 'node:net';
import { Duplex } from 'node:stream';
import type tls from 'node:tls';

/** Secures a connection to a host, and speaks what has to be said in the clear before. */
type Secure = (raw: net.Socket, host: string) => Promise<net.Socket>;

type Done = (error?: Error | null) => void;

/** What pg needs of a net.Socket that it connects itself: 'connect' comes when the connection is secure. */
export class SecuredLater extends Duplex {
  readonly #secure: Secure;
  #socket: net.Socket | null = null;
  #isSecure = false;

  constructor(secure: Secure) {
    super({ allowHalfOpen: false });
    this.#secure = secure;
  }

  connect(port: number, host = 'localhost'): this {
    const raw = net.connect({ port, host, noDelay: true });
    this.#socket = raw;
    this.#secure(raw, host).then(
      (socket) => this.#carry(socket),
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }

  #carry(socket: net.Socket): void {
    this.#socket = socket;
    // What is still to be read outlives the socket. Behind its end, this stream closes by itself.
    const closed = (): unknown => (socket.readableEnded ? null : this.destroy());
    socket.on('error', (error) => this.destroy(error)).on('close', closed);
    if (this.destroyed) return void socket.destroy();
    socket.on('end', () => this.push(null)).on('data', (chunk) => this.push(chunk) || socket.pause());
    this.#isSecure = true;
    this.emit('connect');
  }

  override _read(): void {
    if (this.#isSecure) this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#isSecure) this.#socket?.write(chunk, done);
    else this.once('connect', () => this.#socket?.write(chunk, done));
  }

  override _final(done: Done): void {
    if (this.#isSecure) this.#socket?.end(() => done());
    else done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket?.destroy();
    done(error);
  }

  /** The certificate to which pg binds its sign-in, with `enableChannelBinding`. */
  getPeerCertificate(detailed?: boolean): tls.PeerCertificate | null {
    return (this.#socket as tls.TLSSocket | null)?.getPeerCertificate(detailed) ?? null;
  }

  /** Without delay it is from the beginning. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(enable?: boolean, delay?: number): this {
    this.#socket?.setKeepAlive(enable, delay);
    return this;
  }

  ref(): this {
    this.#socket?.ref();
    return this;
  }

  unref(): this {
    this.#socket?.unref();
    return this;
  }
}
