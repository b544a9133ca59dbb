import net from 'node:net';
import type { Duplex } from 'node:stream';

/** What a server answered. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends the lines of a request as they are, where a client would correct them, to a port of 127.0.0.1. */
export const rawRequest = (port: number, ...lines: readonly string[]): Promise<RawAnswer> =>
  rawRequestOn(net.connect(port, '127.0.0.1'), ...lines);

/** The same over a connection. It is ended. */
export async function rawRequestOn(stream: Duplex, ...lines: readonly string[]): Promise<RawAnswer> {
  stream.setEncoding('latin1');
  stream.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of stream as AsyncIterable<string>) text += chunk;
  const [head = '', ...body] = text.split('\r\n\r\n');
  const [first = '', ...rest] = head.split('\r\n');
  return {
    status: Number(first.split(' ')[1]),
    headers: new Map(
      rest
        .map((line) => line.split(/: (.*)/s, 2))
        .map(([name = '', value = '']) => [name.toLowerCase(), value]),
    ),
    body: body.join('\r\n\r\n'),
  };
}
