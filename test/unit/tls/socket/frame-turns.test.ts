import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { mock } from 'node:test';
import { FrameBorders } from '#lib/tls/socket/frame-borders.js';
import { FrameTurns } from '#lib/tls/socket/frame-turns.js';
import * as frames from '../../../support/http2-frames.js';

const [first, second] = [frames.response(1), frames.response(3)];
const body = frames.lastData(1, 'body');
const text = (pieces: readonly Uint8Array[]): string[] =>
  pieces.map((piece) => Buffer.from(piece).toString('hex'));

describe('tls/socket/frame-turns: where a turn of HTTP/2 frames ends', () => {
  const split = (...chunks: Buffer[]): string[] => {
    const borders = new FrameBorders('server');
    return chunks.flatMap((chunk) => text(borders.split(chunk)));
  };

  it('behind headers', () => {
    assert.deepEqual(
      split(Buffer.concat([first, body, second])),
      text([first, Buffer.concat([body, second])]),
    );
  });

  it('nowhere in data', () => {
    const data = Buffer.concat([body, body, frames.settings(), body]);
    assert.deepEqual(split(data), text([data]));
  });

  it('before what ends a stream', () => {
    assert.deepEqual(
      split(Buffer.concat([body, frames.reset(1), body])),
      text([body, Buffer.concat([frames.reset(1), body])]),
    );
  });

  it("behind a client's preface as anywhere", () => {
    const start = Buffer.concat([frames.preface(), frames.request(1)]);
    const borders = new FrameBorders('client');
    assert.deepEqual(
      text(borders.split(Buffer.concat([start, frames.reset(1)]))),
      text([start, frames.reset(1)]),
    );
  });

  it('at the same places however the bytes arrive', () => {
    const bytes = Buffer.concat([frames.settings(), first, body, second, frames.reset(3), body]);
    const firstEnd = frames.settings().length + first.length;
    const ends = [firstEnd, firstEnd + body.length + second.length, bytes.length];
    for (let at = 1; at < bytes.length; at += 1) {
      const pieces = split(bytes.subarray(0, at), bytes.subarray(at));
      assert.equal(pieces.join(''), bytes.toString('hex'));
      let length = 0;
      const found = pieces.map((piece) => (length += piece.length / 2));
      for (const end of ends) assert.ok(found.includes(end), `${at}: ${String(found)}`);
    }
  });

  it('for any bytes, of which none is lost', () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * index * 31) % 251));
    assert.equal(split(bytes.subarray(0, 1000), bytes.subarray(1000)).join(''), bytes.toString('hex'));
  });
});

describe('tls/socket/frame-turns: the turns of HTTP/2 frames', () => {
  afterEach(() => mock.timers.reset());

  /** The consumer, and in which turn it was given what. */
  const make = () => {
    const socket = new PassThrough();
    const told: string[] = [];
    const filled: boolean[] = [];
    const turns = new FrameTurns(new FrameBorders('server'), {
      socket,
      take: (piece) => {
        told.push(`${piece.length}`);
        process.nextTick(() => told.push('put off'));
      },
      filled: () => filled.push(turns.isFull),
    });
    return { socket, told, filled, turns };
  };
  /** All turns that are on their way. */
  const over = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  const lengths = (...pieces: Uint8Array[]) => pieces.map(({ length }) => `${length}`);

  it('the first frame is given at once, the next when everything is done that was put off', async () => {
    const { socket, told, turns } = make();
    socket.resume();
    turns.add(Buffer.concat([first, body]));
    assert.deepEqual(told, lengths(first));
    await over();
    assert.deepEqual(told, [...lengths(first), 'put off', ...lengths(body), 'put off']);
  });

  it('they go on while a program has replaced the timers', async () => {
    const { socket, told, turns } = make();
    socket.resume();
    mock.timers.enable({ apis: ['setImmediate'] });
    turns.add(Buffer.concat([first, body]));
    await new Promise<void>((resolve) => turns.then(resolve));
    assert.deepEqual(told, [...lengths(first), 'put off', ...lengths(body), 'put off']);
  });

  it('two chunks in one turn are given in two', async () => {
    const { socket, told, turns } = make();
    socket.resume();
    turns.add(first);
    turns.add(body);
    turns.then(() => told.push('end'));
    await over();
    assert.deepEqual(told, [...lengths(first), 'put off', ...lengths(body), 'put off', 'end']);
  });

  it('a consumer that is paused gets nothing before it goes on', async () => {
    const { socket, told, turns } = make();
    socket.pause();
    turns.add(Buffer.concat([first, body]));
    turns.then(() => told.push('end'));
    await over();
    assert.deepEqual(told, []);
    socket.resume();
    turns.goOn();
    assert.deepEqual(told, []);
    await over();
    assert.deepEqual(told, [...lengths(first), 'put off', ...lengths(body), 'put off', 'end']);
  });

  it('one that pauses within a frame gets the next when it goes on', async () => {
    const { socket, told, turns } = make();
    socket.resume();
    turns.add(Buffer.concat([first, second, body]));
    socket.pause();
    await over();
    assert.deepEqual(told, [...lengths(first), 'put off']);
    socket.resume();
    turns.goOn();
    await over();
    assert.deepEqual(
      told.filter((what) => what !== 'put off'),
      lengths(first, second, body),
    );
  });

  it('what waits is bounded: it is told when that is enough, and when it is less again', () => {
    const { socket, filled, turns } = make();
    socket.pause();
    turns.add(Buffer.alloc(65_536));
    assert.deepEqual(filled, []);
    turns.add(Buffer.alloc(1));
    assert.deepEqual(filled, [true]);
    turns.flush();
    assert.deepEqual(filled, [true, false]);
  });

  it('flush() gives everything at once; nothing comes after clear()', async () => {
    const { socket, told, turns } = make();
    socket.resume();
    turns.add(Buffer.concat([first, second, body]));
    turns.flush();
    assert.deepEqual(told, lengths(first, second, body));
    turns.add(body);
    turns.clear();
    await over();
    assert.deepEqual(
      told.filter((what) => what !== 'put off'),
      lengths(first, second, body),
    );
  });
});
