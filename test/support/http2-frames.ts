/** Frames of HTTP/2 by hand (RFC 9113 §6), to send several in one record. */

import type { Readable } from 'node:stream';

const DATA = 0;
export const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
export const GOAWAY = 7;
const HEADER = 9;
const END_STREAM = 1;
const END_HEADERS = 4;

/** What a client sends first. */
export const preface = (): Buffer =>
  Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings()]);

export const settings = (): Buffer => frame(SETTINGS, 0, 0);
export const settingsTaken = (): Buffer => frame(SETTINGS, 1, 0);

/** `GET /` of https://a (RFC 7541 Appendix A: indexed fields, and a literal `:authority`). */
export const request = (stream: number): Buffer =>
  frame(HEADERS, END_HEADERS | END_STREAM, stream, Buffer.from([0x82, 0x84, 0x87, 0x01, 0x01, 0x61]));

/** `:status: 200` */
export const response = (stream: number): Buffer => frame(HEADERS, END_HEADERS, stream, Buffer.from([0x88]));

export const lastData = (stream: number, text: string): Buffer =>
  frame(DATA, END_STREAM, stream, Buffer.from(text));

/** With the code CANCEL. */
export const reset = (stream: number): Buffer => frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8]));

/** Of a frame that has come. */
export interface FrameHead {
  readonly type: number;
  readonly stream: number;
}

/** Hears of each frame, from the first byte on, behind the preface of a client's. */
export function hearFrames(from: Readable, isClient: boolean, heard: (frame: FrameHead) => void): void {
  let bytes = Buffer.alloc(0);
  let skip = isClient ? 24 : 0;
  from.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= skip + HEADER) {
      const length = HEADER + bytes.readUIntBE(skip, 3);
      if (bytes.length < skip + length) return;
      const head = { type: bytes.readUInt8(skip + 3), stream: bytes.readUInt32BE(skip + 5) };
      bytes = bytes.subarray(skip + length);
      skip = 0;
      heard(head);
    }
  });
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}
