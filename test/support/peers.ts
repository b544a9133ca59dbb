import net from 'node:net';
import { PassThrough, Writable, type Readable } from 'node:stream';
import { skip } from './skip.js';

/** A real program on the machine beside the Windows node: OpenSSL, a mail server. */
export interface Peer {
  /** The port that stood for `{port}`; 0 if there was none. */
  readonly port: number;
  /** All ports by name; `{port}` has the empty name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** What the peer has printed so far, both streams. */
  output(): string;
  /** Waits until the output matches; rejects with the whole output if the peer ends first. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** How the peer ended. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Ends the peer and waits until it has gone. */
  stop(): Promise<void>;
}

export interface PeerOptions {
  /** Files for the peer by name; an argument `{file:NAME}` becomes the path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Skips the test or suite where the named peer can't run. */
export async function needsPeer(context: Mocha.Context, program: string): Promise<void> {
  const reason = await whyMissing(program);
  if (reason !== null) skip(context, reason);
}

/** Whether the named peer can run. */
export const hasPeer = async (program: string): Promise<boolean> => (await whyMissing(program)) === null;

async function whyMissing(program: string): Promise<string | null> {
  if (process.env['SCHANNEL_PEERS'] === undefined) {
    return `${program} is a Linux peer, and no peer host runs (npm test starts one on Linux)`;
  }
  const link = await connectToHost({ program, ask: true });
  const answer = await new Promise<Message>((resolve, reject) => {
    link.onMessage = resolve;
    link.onClose = () => reject(new Error('the peer host closed the connection'));
  });
  link.socket.destroy();
  return answer.type === 'unavailable' ? answer.reason : null;
}

/**
 * Starts a program of the fixed list in scripts/peers/programs.mjs. It ends with `stop()`, or with this process.
 * `{port}` and `{port:NAME}` in arguments and files become free loopback ports, `{dir}` the peer's own folder.
 */
export async function startPeer(
  program: string,
  args: readonly string[],
  options: PeerOptions = {},
): Promise<Peer> {
  const link = await connectToHost({ program, args, files: options.files ?? {} });
  return new Promise<Peer>((resolve, reject) => {
    link.onClose = () => reject(new Error('the peer host closed the connection'));
    link.onMessage = (message) => {
      if (message.type === 'started') resolve(createPeer(link, message.ports));
      else reject(new Error(`${program} did not start: ${JSON.stringify(message)}`));
    };
  }).catch((error: unknown) => {
    link.socket.destroy();
    throw error;
  });
}

type Message =
  | { readonly type: 'available' }
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'started'; readonly ports: Readonly<Record<string, number>> }
  | { readonly type: 'stdout' | 'stderr'; readonly data: string }
  | { readonly type: 'exit'; readonly code: number | null; readonly signal: string | null };

interface Link {
  readonly socket: net.Socket;
  onMessage: (message: Message) => void;
  onClose: () => void;
}

function createPeer(link: Link, ports: Readonly<Record<string, number>>): Peer {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let printed = '';
  let ended = false;
  const waiters = new Set<() => void>();
  const wake = (): void => waiters.forEach((check) => check());
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    const end = (code: number | null, signal: string | null): void => {
      if (ended) return;
      ended = true;
      // Nothing comes behind the end, and an open link would keep this process.
      link.socket.destroy();
      stdout.end();
      stderr.end();
      wake();
      resolve({ code, signal });
    };
    link.onClose = () => end(null, null);
    link.onMessage = (message) => {
      if (message.type === 'exit') end(message.code, message.signal);
      if (message.type !== 'stdout' && message.type !== 'stderr') return;
      const data = Buffer.from(message.data, 'base64');
      printed += data.toString();
      (message.type === 'stdout' ? stdout : stderr).write(data);
      wake();
    };
  });
  /** A program that has ended receives nothing more. That is not an error of the sender. */
  const send = (message: object, done?: () => void): void => {
    if (ended) done?.();
    else link.socket.write(`${JSON.stringify(message)}\n`, () => done?.());
  };
  return {
    port: ports[''] ?? 0,
    ports,
    stdout,
    stderr,
    stdin: new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        send({ type: 'stdin', data: chunk.toString('base64') }, done);
      },
      final: (done) => {
        send({ type: 'stdin-end' }, done);
      },
    }),
    exited,
    output: () => printed,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(printed);
          if (match === null && !ended) return;
          waiters.delete(check);
          if (match !== null) resolve(match);
          else reject(new Error(`the peer ended before it printed ${String(pattern)}:\n${printed}`));
        };
        waiters.add(check);
        check();
      }),
    kill: (signal) => {
      send({ type: 'signal', signal });
    },
    stop: async () => {
      if (!ended) send({ type: 'signal', signal: 'SIGKILL' });
      await exited;
    },
  };
}

async function connectToHost(request: object): Promise<Link> {
  const [, port, token] = /^127\.0\.0\.1:(\d+)\/(\w+)$/.exec(process.env['SCHANNEL_PEERS'] ?? '') ?? [];
  if (port === undefined) throw new Error('SCHANNEL_PEERS names no peer host; call needsPeer() first');
  const socket = net.connect(Number(port), '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const link: Link = { socket, onMessage: () => undefined, onClose: () => undefined };
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('close', () => link.onClose());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) link.onMessage(JSON.parse(line) as Message);
  });
  socket.write(`${JSON.stringify({ token, ...request })}\n`);
  return link;
}
