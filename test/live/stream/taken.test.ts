import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import * as schannel from 'schannel';
import { octets } from '../../support/octets.js';
import { issueServer, localhostServer, serverRoot } from '../../support/schannel-server.js';
import { startTlsServer, localhostIdentity, type TlsServer } from '../../support/tls-server.js';

/** What both libraries have. */
interface Library {
  connect(options: tls.ConnectionOptions & { readonly socket: net.Socket }): net.Socket;
  readonly TLSSocket: new (socket: Duplex, options: tls.TLSSocketOptions) => net.Socket;
}

const LIBRARIES: Readonly<Record<string, Library>> = {
  'node:tls': tls,
  schannel: schannel as unknown as Library,
};

/** What a socket under TLS and the one in front of it emit, in order, with the codes or messages of errors. */
class Watch {
  readonly events: string[] = [];
  readonly #closed: Promise<void>[] = [];

  add(name: string, socket: net.Socket): void {
    for (const event of ['end', 'finish', 'timeout', 'close']) {
      socket.on(event, () => this.events.push(`${name} ${event}`));
    }
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      this.events.push(`${name} ${code ?? message}`);
    });
    this.#closed.push(new Promise((resolve) => socket.once('close', () => setImmediate(resolve))));
  }

  /** Once both are closed. */
  async all(): Promise<readonly string[]> {
    await Promise.all(this.#closed);
    return this.events;
  }
}

/** Sends back what it gets, and does what it is told. */
function serve(socket: tls.TLSSocket): void {
  socket.on('data', (data: Buffer) => {
    if (String(data) === 'end') socket.end();
    else socket.write(data);
  });
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  describe(`a net.Socket that ${name} was given`, () => {
    let server: TlsServer;
    let ca: string;
    before(async () => {
      ({ ca } = await localhostIdentity());
      server = await startTlsServer(serve);
    });
    after(() => server.close());

    function secureOver(raw: net.Socket): { secure: net.Socket; watch: Watch } {
      const watch = new Watch();
      watch.add('raw', raw);
      const secure = library.connect({ socket: raw, host: 'localhost', servername: 'localhost', ca });
      watch.add('secure', secure);
      return { secure, watch };
    }

    /** @param prepare what the program does with its socket before */
    async function open({
      options = {},
      prepare = () => undefined,
    }: {
      options?: net.SocketConstructorOpts & { onread?: net.OnReadOpts };
      prepare?: (raw: net.Socket) => void;
    } = {}): Promise<{
      raw: net.Socket;
      secure: net.Socket;
      watch: Watch;
    }> {
      const raw = net.connect({ port: server.port, host: '127.0.0.1', ...options });
      await once(raw, 'connect');
      prepare(raw);
      const { secure, watch } = secureOver(raw);
      await once(secure, 'secureConnect');
      return { raw, secure, watch };
    }

    /** One exchange; what came back. */
    async function echo(secure: net.Socket, text: string): Promise<string> {
      secure.write(text);
      return String((await once(secure, 'data'))[0]);
    }

    it('may have a decoder, and lose all its listeners', async () => {
      const heard: unknown[] = [];
      const { raw, secure } = await open({
        prepare: (socket) => socket.setEncoding('utf8').on('data', (chunk) => heard.push(chunk)),
      });
      assert.equal(await echo(secure, 'one'), 'one');
      raw.removeAllListeners('data');
      raw.on('data', (chunk) => heard.push(chunk));
      assert.equal(await echo(secure, 'two'), 'two');
      assert.deepEqual(heard, []);
      secure.destroy();
    });

    it("may listen for 'readable', and may have its own memory for what comes", async () => {
      const heard: unknown[] = [];
      const callback = (length: number): boolean => {
        heard.push(length);
        return true;
      };
      const listening = await open({
        prepare: (socket) => socket.on('readable', () => heard.push('readable')),
      });
      const reading = await open({ options: { onread: { buffer: Buffer.alloc(1000), callback } } });
      for (const { secure } of [listening, reading]) {
        assert.equal(await echo(secure, 'one'), 'one');
        secure.destroy();
        await once(secure, 'close');
      }
      assert.deepEqual(
        heard.filter((each) => each !== 'readable'),
        [],
      );
    });

    it('may be paused and resumed', async () => {
      const { raw, secure } = await open({ prepare: (socket) => socket.pause() });
      assert.equal(await echo(secure, 'one'), 'one');
      raw.resume();
      assert.equal(await echo(secure, 'two'), 'two');
      raw.pause();
      assert.equal(await echo(secure, 'three'), 'three');
      secure.destroy();
    });

    it('keeps its counters, its address and its allowHalfOpen', async () => {
      const { raw, secure } = await open();
      await echo(secure, 'x');
      assert.ok(raw.bytesRead > 100 && raw.bytesWritten > 100);
      assert.deepEqual([secure.bytesRead, secure.bytesWritten], [1, 1]);
      assert.deepEqual([raw.remotePort, secure.remotePort], [server.port, server.port]);
      assert.equal(raw.allowHalfOpen, false);
      secure.destroy();
    });

    it('has its timeout, and only in silence', async () => {
      const { raw, secure, watch } = await open();
      raw.setTimeout(40);
      await once(raw, 'timeout');
      assert.equal(secure.destroyed, false);
      assert.equal(watch.events.includes('secure timeout'), false);
      secure.destroy();
    });

    it('sends first what was written to it', async () => {
      const before = octets(16_000_000);
      const received: Buffer[] = [];
      let read = (): void => undefined;
      const { certificate } = await localhostIdentity();
      const upgrading = net.createServer((carrier) => {
        let length = 0;
        const clear = (): void => {
          while (length < before.length) {
            const wanted = Math.min(before.length - length, carrier.readableLength);
            const chunk = (wanted > 0 ? carrier.read(wanted) : null) as Buffer | null;
            if (chunk === null) return;
            received.push(chunk);
            length += chunk.length;
          }
          carrier.off('readable', clear);
          serve(new tls.TLSSocket(carrier, { isServer: true, ...certificate }));
        };
        read = () => carrier.on('readable', clear);
      });
      upgrading.listen(0, '127.0.0.1');
      await once(upgrading, 'listening');
      const raw = net.connect((upgrading.address() as AddressInfo).port, '127.0.0.1');
      await Promise.all([once(raw, 'connect'), once(upgrading, 'connection')]);
      for (let at = 0; at < before.length; at += 100_000) raw.write(before.subarray(at, at + 100_000));
      assert.ok(raw.writableLength > 0);
      const { secure } = secureOver(raw);
      read();
      assert.equal(await echo(secure, 'behind'), 'behind');
      assert.equal(Buffer.concat(received).equals(before), true);
      secure.destroy();
      upgrading.close();
      await once(upgrading, 'close');
    });

    describe('closes with TLS:', () => {
      /** Once nothing is with a worker: events of TLS would wait for that, and those of the raw socket would not. */
      async function settled(): ReturnType<typeof open> {
        const opened = await open();
        await echo(opened.secure, 'behind the tickets');
        return opened;
      }

      it('that we end', async () => {
        const { secure, watch } = await settled();
        secure.end();
        secure.resume();
        assert.deepEqual(await watch.all(), ['secure finish', 'secure end', 'raw close', 'secure close']);
      });

      it('that the peer ends', async () => {
        const { secure, watch } = await settled();
        secure.resume().write('end');
        assert.deepEqual(await watch.all(), ['secure end', 'secure finish', 'raw close', 'secure close']);
      });

      it('that is destroyed', async () => {
        const { raw, secure, watch } = await open();
        secure.destroy(new Error('mine'));
        assert.equal(raw.destroyed, true);
        assert.deepEqual(await watch.all(), ['secure mine', 'raw close', 'secure close']);
      });

      it('and TLS with it, when it is destroyed', async () => {
        const { raw, watch } = await open();
        raw.destroy();
        // Here the end of what can be read is told, too.
        assert.deepEqual(
          (await watch.all()).filter((event) => event !== 'secure end'),
          ['raw close', 'secure close'],
        );
      });

      it('that a later listener finds destroyed', async () => {
        const { raw, secure } = await open();
        const found = new Promise((resolve) => raw.on('close', () => resolve(secure.destroyed)));
        raw.destroy();
        assert.equal(await found, true);
      });

      it('and hands its error on', async () => {
        const { raw, watch } = await open();
        raw.destroy(new Error('its own'));
        const events = await watch.all();
        // What is with a worker delays the events of TLS, and those of the raw socket don't wait.
        for (const socket of ['raw', 'secure']) {
          const own = events.filter((event) => event.startsWith(socket));
          assert.deepEqual(own, [`${socket} its own`, `${socket} close`]);
        }
      });
    });

    it('is half-open where it was to be', async () => {
      const { secure, watch } = await open({ options: { allowHalfOpen: true } });
      secure.resume().write('end');
      await once(secure, 'end');
      assert.equal(secure.allowHalfOpen, true);
      secure.end('more');
      assert.deepEqual(await watch.all(), ['secure end', 'secure finish', 'raw close', 'secure close']);
    });

    for (const host of ['127.0.0.1', 'localhost']) {
      it(`may still be connecting, to ${host}, and get its decoder meanwhile`, async () => {
        const raw = net.connect(server.port, host);
        const { secure, watch } = secureOver(raw);
        assert.equal(secure.connecting, true);
        raw.setEncoding('utf8');
        await once(raw, 'connect');
        raw.removeAllListeners('data');
        assert.equal(await echo(secure, 'x'), 'x');
        secure.destroy();
        assert.deepEqual(await watch.all(), ['raw close', 'secure close']);
      });
    }

    it('tells that it could not connect', async () => {
      const raw = net.connect(1, '127.0.0.1');
      const { watch } = secureOver(raw);
      assert.deepEqual(
        (await watch.all()).filter((event) => !event.endsWith('close')),
        ['raw ECONNREFUSED', 'secure ECONNREFUSED'],
      );
    });
  });

  describe(`a net.Socket whose server side is ${name}`, () => {
    let identity: { cert: string; key: string };
    let ca: string;
    before(async () => {
      const { cert, key } = await localhostServer();
      identity = { cert, key };
      ca = (await serverRoot()).certificate.cert;
    });

    /** A server that takes a line in the clear, and speaks TLS from then on. */
    async function upgrading(upgrade: (carrier: net.Socket) => net.Socket | Promise<net.Socket>): Promise<{
      client: tls.TLSSocket;
      heard: string[];
      close(): Promise<void>;
    }> {
      const heard: string[] = [];
      const plain = net.createServer((carrier) => {
        carrier.setEncoding('latin1').on('data', (text: string) => {
          heard.push(text);
          if (text !== 'STARTTLS\r\n') return;
          void Promise.resolve(upgrade(carrier)).then((secure) => secure.pipe(secure));
        });
      });
      plain.listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const raw = net.connect((plain.address() as AddressInfo).port, '127.0.0.1');
      raw.write('STARTTLS\r\n');
      while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const client = tls.connect({ socket: raw, servername: 'localhost', ca });
      return {
        client,
        heard,
        close: async () => {
          client.destroy();
          plain.close();
          await once(plain, 'close');
        },
      };
    }

    it('is not heard any more by who has read it so far', async () => {
      const { client, heard, close } = await upgrading(
        (carrier) => new library.TLSSocket(carrier, { isServer: true, ...identity }),
      );
      client.write('secret');
      assert.equal(String((await once(client, 'data'))[0]), 'secret');
      assert.deepEqual(heard, ['STARTTLS\r\n']);
      await close();
    });
  });
}

describe('a net.Socket that was read before TLS took it', () => {
  it('gives the hello that it holds, and its listeners hear nothing of it', async () => {
    const { cert, key } = await issueServer();
    const ca = (await serverRoot()).certificate.cert;
    const heard: string[] = [];
    const plain = net.createServer((carrier) => {
      carrier.on('data', (data: Buffer) => {
        heard.push(String(data));
        carrier.pause();
        // The hello comes while the certificate is still being looked for.
        void held(carrier).then(() => {
          const secure = new schannel.TLSSocket(carrier, { isServer: true, cert, key });
          secure.pipe(secure);
        });
      });
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const raw = net.connect((plain.address() as AddressInfo).port, '127.0.0.1');
    raw.write('STARTTLS\r\n');
    while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const client = tls.connect({ socket: raw, servername: 'localhost', ca });
    client.write('x');
    assert.equal(String((await once(client, 'data'))[0]), 'x');
    assert.deepEqual(heard, ['STARTTLS\r\n']);
    client.destroy();
    plain.close();
    await once(plain, 'close');
  });

  async function held(socket: net.Socket): Promise<void> {
    while (socket.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  it('is refused where it holds text', async () => {
    const server = net.createServer((peer) => void peer.write('text'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const raw = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    raw.setEncoding('utf8').pause();
    await once(raw, 'connect');
    raw.read(0);
    await held(raw);
    const secure = schannel.connect({ socket: raw, host: 'localhost' });
    const [error] = (await once(secure, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_STREAM_WRAP');
    server.close();
  });
});
