import { uint16, uint24, uint8, vector, joined } from '#lib/formats/tls-wire/vectors.js';

export interface HelloFields {
  readonly version: number;
  readonly suite: number;
  readonly random?: Uint8Array;
  /** Number and content in hexadecimal digits. */
  readonly extensions?: readonly (readonly [type: number, content: string])[];
}

/** The body of a ServerHello. */
export const serverHello = ({ version, suite, random, extensions }: HelloFields): Uint8Array =>
  joined([
    uint16(version),
    random ?? new Uint8Array(32),
    vector(1),
    uint16(suite),
    uint8(0),
    ...(extensions === undefined
      ? []
      : [
          vector(
            2,
            ...extensions.map(([type, content]) =>
              joined([uint16(type), vector(2, Buffer.from(content, 'hex'))]),
            ),
          ),
        ]),
  ]);

/** A handshake message with its header. */
export const handshake = (type: number, body: Uint8Array): Uint8Array =>
  joined([uint8(type), uint24(body.length), body]);

/** A record. */
export const record = (type: number, fragment: Uint8Array): Uint8Array =>
  joined([uint8(type), uint16(0x0303), vector(2, fragment)]);

/** The record of a ServerHello. */
export const helloAnswer = (fields: HelloFields): Uint8Array => record(22, handshake(2, serverHello(fields)));

/** The record of a fatal alert. */
export const alertAnswer = (alert: number): Uint8Array => record(21, Uint8Array.of(2, alert));
