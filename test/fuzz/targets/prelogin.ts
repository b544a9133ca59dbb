import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { PreloginStream } from '#lib/adapters/starttls/prelogin-stream.js';
import { codes, outcomeLater, type Outcome } from '../outcome.js';
import { waysToCut } from '../pieces.js';

export const what = 'a handshake in PRELOGIN messages of TDS, and what comes behind it';
export const longest = 1024;
export const waits = true;

const packet = (type: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(type, 1, (body.length + 8) >> 8, (body.length + 8) & 0xff, 0, 0, 1, 0), body]);
const record = (type: number, length: number): Buffer =>
  Buffer.concat([Buffer.of(type, 3, 3, length >> 8, length & 0xff), Buffer.alloc(length, length)]);

export const seeds = (): readonly Uint8Array[] => {
  const handshake = [record(22, 40), record(20, 1), record(22, 16)];
  const data = record(23, 30);
  return [
    Buffer.concat([packet(0x12, Buffer.concat(handshake)), data, data]),
    Buffer.concat([...handshake.map((each) => packet(0x04, each)), data]),
    Buffer.concat([packet(0x12, Buffer.concat([...handshake, data])), data]),
    Buffer.concat([packet(0x12, handshake[0] ?? data), packet(0x12, data)]),
    record(21, 2),
    packet(0x12, Buffer.alloc(0)),
  ];
};

const REFUSED = codes('ERR_SCHANNEL_PEER_STARTTLS_', 'ERR_SCHANNEL_OPTION_UNSUPPORTED');

/** TLS gets the same bytes, or the same refusal, however they arrive; and what it says comes back as it was. */
export async function fuzz(data: Buffer): Promise<void> {
  const [whole, ...others] = await Promise.all(waysToCut(data).map((pieces) => received(pieces)));
  for (const other of others) assert.deepEqual(other, whole);
  if (whole === undefined || !('value' in whole)) return;
  const sent = await written(whole.value);
  if (!('value' in sent)) return;
  assert.deepEqual(await received([sent.value]), whole);
}

/** What TLS gets of these bytes. */
async function received(pieces: readonly Buffer[]): Promise<Outcome<Buffer>> {
  // Each piece is read by itself.
  const clear = new Duplex({ readableObjectMode: true, read: () => undefined });
  const stream = new PreloginStream(clear);
  for (const piece of [...pieces, null]) clear.push(piece);
  const got: Buffer[] = [];
  const outcome = await outcomeLater(async () => {
    for await (const chunk of stream) got.push(chunk as Buffer);
    return Buffer.concat(got);
  }, REFUSED);
  stream.destroy();
  return outcome;
}

/** What arrives at the other side when TLS says this. */
async function written(bytes: Buffer): Promise<Outcome<Buffer>> {
  const sent: Buffer[] = [];
  const clear = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  const stream = new PreloginStream(clear);
  const outcome = await outcomeLater(async () => {
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    return Buffer.concat(sent);
  }, REFUSED);
  stream.destroy();
  return outcome;
}
