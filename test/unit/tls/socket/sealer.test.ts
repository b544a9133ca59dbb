import assert from 'node:assert/strict';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { type Encryptor, Sealer } from '#lib/tls/socket/sealer.js';
import { memoryFor } from '#lib/tls/socket/ciphertext-memory.js';
import { numbersFrom } from '../../../support/mutations.js';

const HEADER = 5;
const TRAILER = 16;
const RECORD = 16384;
const IN_FLIGHT = 256 * 1024;
/** What one write of the transport holds, for a stream that is not libuv's. */
const PIECE = 65536;

/** Makes records that say how long they are, and checks that there is room for them. */
class ToyEngine implements Encryptor {
  canEncrypt = true;
  failure: Error | null = null;
  readonly sizes = { header: HEADER, trailer: TRAILER, maximumMessage: RECORD };
  readonly inputs: Uint8Array[] = [];
  readonly lengths: number[] = [];

  ciphertextRoom(length: number): number {
    return length + Math.ceil(length / RECORD) * (HEADER + TRAILER);
  }

  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
    if (this.failure !== null) throw this.failure;
    assert.ok(end > start, 'nothing to encrypt');
    const inPlace = input === output;
    if (inPlace) assert.equal(start, at + HEADER, 'the plaintext of the first record lies elsewhere');
    const gap = inPlace ? HEADER + TRAILER : 0;
    let plaintext = 0;
    let written = at;
    for (let from = start; from < end; from += RECORD + gap) {
      const part = Buffer.from(input.subarray(from, Math.min(from + RECORD, end)));
      assert.ok(written + HEADER + part.length + TRAILER <= output.length, 'too little room');
      Buffer.from(output.buffer, output.byteOffset + written, HEADER).writeUIntBE(part.length, 0, HEADER);
      output.set(part, written + HEADER);
      written += HEADER + part.length + TRAILER;
      plaintext += part.length;
    }
    this.inputs.push(input);
    this.lengths.push(plaintext);
    return written - at;
  }
}

/** Keeps each write until the test lets it through. */
class HeldTransport extends Duplex {
  readonly pending: ((error?: Error | null) => void)[] = [];
  readonly received: Buffer[] = [];

  constructor() {
    super({ highWaterMark: 1 << 30 });
  }

  override _read(): void {
    // Nothing comes from this side.
  }

  /** Counts the bytes at once: what waits in the stream is with the transport already. */
  override write(chunk: Buffer, callback?: unknown): boolean {
    this.received.push(Buffer.from(chunk));
    this.pending.push(callback as (error?: Error | null) => void);
    return true;
  }

  get taken(): number {
    return this.received.reduce((sum, { length }) => sum + length, 0);
  }

  /** The transport has passed on one write. */
  release(error?: Error): void {
    this.pending.shift()?.(error ?? null);
  }

  releaseAll(): void {
    while (this.pending.length > 0) this.release();
  }

  /** The plaintext in the records so far. */
  get plaintext(): Buffer {
    const bytes = Buffer.concat(this.received);
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUIntBE(at, HEADER);
      parts.push(bytes.subarray(at + HEADER, at + HEADER + length));
      at += HEADER + length + TRAILER;
    }
    return Buffer.concat(parts);
  }
}

const bytes = (length: number, seed = 1): Buffer => {
  const below = numbersFrom(seed);
  return Buffer.from(Array.from({ length }, () => below(256)));
};

describe('tls/socket/sealer', () => {
  let engine: ToyEngine;
  let transport: HeldTransport;
  let sealer: Sealer;
  let ends: (Error | null | undefined)[];
  const done = (error?: Error | null): void => void ends.push(error);

  beforeEach(() => {
    engine = new ToyEngine();
    transport = new HeldTransport();
    sealer = new Sealer(engine, transport);
    ends = [];
  });

  it('gathers small chunks into one write of full records', () => {
    const chunks = Array.from({ length: 320 }, (_, index) => bytes(100, index));
    sealer.write(chunks, done);
    assert.deepEqual(engine.lengths, [32_000]);
    assert.equal(transport.received.length, 1);
    assert.deepEqual(transport.plaintext, Buffer.concat(chunks));
    assert.deepEqual(ends, []);
    transport.release();
    assert.deepEqual(ends, [null]);
  });

  it('encrypts a large chunk from where it lies', () => {
    const chunk = bytes(100_000);
    sealer.write([chunk], done);
    transport.releaseAll();
    assert.ok(engine.inputs.every((input) => input === chunk));
    assert.deepEqual(engine.lengths, [PIECE, 100_000 - PIECE]);
    assert.deepEqual(transport.plaintext, chunk);
  });

  it('encrypts several large chunks by one call', () => {
    const chunks = [bytes(RECORD), bytes(20_000, 2), bytes(RECORD, 3)];
    sealer.write(chunks, done);
    transport.releaseAll();
    assert.deepEqual(engine.lengths, [2 * RECORD + 20_000]);
    assert.deepEqual(transport.plaintext, Buffer.concat(chunks));
  });

  it('gives a socket a response of 256 KiB and its header in one write, encrypted by one call', () => {
    const writes: Buffer[] = [];
    const socket = new net.Socket();
    socket.write = (chunk: unknown, callback?: unknown): boolean => {
      writes.push(Buffer.from(chunk as Buffer));
      process.nextTick(callback as () => void);
      return true;
    };
    const header = bytes(150);
    const body = bytes(256 * 1024, 2);
    new Sealer(engine, socket).write([header, body], done);
    assert.equal(writes.length, 1);
    assert.deepEqual(engine.lengths, [header.length + body.length]);
  });

  it('has two pieces with a socket at most', () => {
    let taken = 0;
    const socket = new net.Socket();
    socket.write = (chunk: unknown): boolean => {
      taken += (chunk as Buffer).length;
      return true;
    };
    const { piece } = memoryFor(socket);
    new Sealer(engine, socket).write([bytes(1 << 20)], done);
    assert.equal(taken, 2 * engine.ciphertextRoom(piece));
  });

  it('has no more than 256 KiB and a piece with the transport', () => {
    const plaintext = bytes(1 << 20);
    sealer.write([plaintext], done);
    assert.ok(transport.taken >= IN_FLIGHT, String(transport.taken));
    assert.ok(transport.taken <= IN_FLIGHT + engine.ciphertextRoom(PIECE), String(transport.taken));
    const before = transport.received.length;
    transport.release();
    assert.equal(transport.received.length, before + 1, 'one goes, one comes');
    assert.deepEqual(ends, []);
    transport.releaseAll();
    assert.deepEqual(ends, [null]);
    assert.deepEqual(transport.plaintext, plaintext);
  });

  it('makes records no larger than the caller wants', () => {
    sealer.maximumFragment = 512;
    const chunks = [bytes(100), bytes(20_000, 2), bytes(513, 3)];
    sealer.write(chunks, done);
    transport.releaseAll();
    assert.equal(Math.max(...engine.lengths), 512);
    assert.deepEqual(transport.plaintext, Buffer.concat(chunks));
    assert.deepEqual(ends, [null]);
  });

  it('waits while the engine is busy, and goes on where it stopped', () => {
    engine.canEncrypt = false;
    sealer.write([bytes(10)], done);
    assert.deepEqual([transport.received.length, ends.length], [0, 0]);
    engine.canEncrypt = true;
    sealer.pump();
    transport.release();
    assert.deepEqual(transport.plaintext, bytes(10));
    assert.deepEqual(ends, [null]);
  });

  it('stops between two pieces when the engine becomes busy', () => {
    const plaintext = bytes(1 << 20);
    sealer.write([plaintext], done);
    engine.canEncrypt = false;
    const before = transport.taken;
    transport.releaseAll();
    assert.deepEqual([transport.taken, ends.length], [before, 0]);
    engine.canEncrypt = true;
    sealer.pump();
    transport.releaseAll();
    assert.deepEqual(transport.plaintext, plaintext);
  });

  it('ends with what the engine threw, once', () => {
    engine.failure = new Error('Windows refuses');
    sealer.write([bytes(10)], done);
    sealer.pump();
    assert.deepEqual(ends, [engine.failure]);
    assert.equal(transport.received.length, 0);
  });

  it("ends with the transport's error, once, and encrypts nothing more", () => {
    sealer.write([bytes(1 << 20)], done);
    const before = engine.lengths.length;
    const error = new Error('gone');
    transport.release(error);
    transport.releaseAll();
    assert.deepEqual(ends, [error]);
    assert.equal(engine.lengths.length, before);
  });

  it('ends at once when it is aborted, and can write again', () => {
    sealer.write([bytes(1 << 20)], done);
    const error = new Error('enough');
    sealer.abort(error);
    transport.releaseAll();
    assert.deepEqual(ends, [error]);
    transport.received.length = 0;
    sealer.write([bytes(10)], done);
    transport.releaseAll();
    assert.deepEqual(transport.plaintext, bytes(10));
    assert.deepEqual(ends, [error, null]);
  });

  it('writes nothing for chunks without bytes', () => {
    sealer.write([Buffer.alloc(0), Buffer.alloc(0)], done);
    assert.deepEqual([transport.received.length, ends], [0, [null]]);
  });

  it('keeps order and room for chunks of any size', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const below = numbersFrom(seed);
      transport.received.length = 0;
      const sizes = [0, 1, 100, 5000, RECORD - 1, RECORD, RECORD + 1, 40_000, 70_000];
      const chunks = Array.from({ length: 1 + below(20) }, (_, index) =>
        Buffer.alloc(sizes[below(9)] ?? 0, index + 1),
      );
      sealer.maximumFragment = [512, 4000, Infinity][below(3)] ?? Infinity;
      sealer.write(chunks, done);
      transport.releaseAll();
      assert.ok(transport.plaintext.equals(Buffer.concat(chunks)), `seed ${seed}`);
      assert.equal(ends.length, seed);
    }
    assert.ok(ends.every((end) => end === null));
  });
});
