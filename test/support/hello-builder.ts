/** Hellos of clients, written down: RFC 8446 §4.1.2. */

const number = (value: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
};

const uint16s = (values: readonly number[]): Buffer => Buffer.concat(values.map((value) => number(value, 2)));

/** Content behind its length. */
const vector = (lengthBytes: 1 | 2 | 3, ...content: readonly Uint8Array[]): Buffer => {
  const bytes = Buffer.concat(content);
  return Buffer.concat([number(bytes.length, lengthBytes), bytes]);
};

export type Extension = readonly [type: number, content: Uint8Array];

export const extension = {
  serverName: (...names: readonly (string | Uint8Array)[]): Extension => [
    0,
    vector(2, ...names.flatMap((name) => [Buffer.of(0), vector(2, Buffer.from(name as string, 'latin1'))])),
  ],
  signatureAlgorithms: (...values: readonly number[]): Extension => [13, vector(2, uint16s(values))],
  alpn: (...names: readonly string[]): Extension => [
    16,
    vector(2, ...names.map((name) => vector(1, Buffer.from(name, 'latin1')))),
  ],
  supportedVersions: (...values: readonly number[]): Extension => [43, vector(1, uint16s(values))],
  postHandshakeAuth: (): Extension => [49, Buffer.alloc(0)],
  keyShare: (...shares: readonly (readonly [group: number, length: number])[]): Extension => [
    51,
    vector(
      2,
      ...shares.flatMap(([group, length]) => [number(group, 2), vector(2, Buffer.alloc(length, 0x5a))]),
    ),
  ],
  /** RFC 7685. */
  padding: (length: number): Extension => [21, Buffer.alloc(length)],
  other: (type: number, content: Uint8Array = Buffer.alloc(0)): Extension => [type, content],
};

export interface HelloParts {
  readonly legacyVersion?: number;
  readonly sessionId?: Uint8Array;
  readonly cipherSuites?: readonly number[];
  readonly compressionMethods?: Uint8Array;
  /** null: the list is left out. */
  readonly extensions?: readonly Extension[] | null;
  /** Bytes behind the extensions. */
  readonly behind?: Uint8Array;
}

/** A ClientHello with the header of its message, without a record. */
export function helloMessage({
  legacyVersion = 0x0303,
  sessionId = Buffer.alloc(32, 0x11),
  cipherSuites = [0x1301, 0x1302],
  compressionMethods = Buffer.of(0),
  extensions = [],
  behind = Buffer.alloc(0),
}: HelloParts = {}): Buffer {
  const list = extensions?.map(([type, content]) => Buffer.concat([number(type, 2), vector(2, content)]));
  const body = [
    number(legacyVersion, 2),
    Buffer.alloc(32, 0x22),
    vector(1, sessionId),
    vector(2, uint16s(cipherSuites)),
    vector(1, compressionMethods),
    ...(list ? [vector(2, ...list)] : []),
    behind,
  ];
  return Buffer.concat([Buffer.of(1), vector(3, ...body)]);
}

/** The message in records whose fragments are that long. */
export function inRecords(message: Uint8Array, fragmentLength = 16384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += fragmentLength) {
    records.push(Buffer.of(22, 3, 1), vector(2, message.subarray(at, at + fragmentLength)));
  }
  return Buffer.concat(records);
}

/** In the form of SSL 2 (RFC 5246 §E.2); suites have three bytes there. */
export function ssl2Hello(version: number, suites: readonly number[], challenge = 16): Buffer {
  const body = Buffer.concat([
    Buffer.of(1),
    number(version, 2),
    uint16s([suites.length * 3, 0, challenge]),
    ...suites.map((suite) => number(suite, 3)),
    Buffer.alloc(challenge, 0x33),
  ]);
  return Buffer.concat([number(0x8000 | body.length, 2), body]);
}

/** What a Chromium of 2025 sends: GREASE at both ends of everything, ML-KEM beside X25519, extensions in any order. */
export const chromiumHello = (servername: string): Buffer =>
  helloMessage({
    cipherSuites: [
      0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0x9c,
    ],
    extensions: [
      extension.other(0x8a8a),
      extension.keyShare([0x2a2a, 1], [0x11ec, 1216], [0x001d, 32]),
      extension.alpn('h2', 'http/1.1'),
      extension.other(0x44cd, Buffer.from('0003026832', 'hex')), // application_settings
      extension.other(10, Buffer.from('000a2a2a11ec001d00170018', 'hex')),
      extension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
      extension.other(0xfe0d, Buffer.alloc(186, 0x77)), // encrypted_client_hello, GREASE
      extension.other(23),
      extension.supportedVersions(0x6a6a, 0x0304, 0x0303),
      extension.other(5, Buffer.from('0100000000', 'hex')),
      extension.serverName(servername),
      extension.other(27, Buffer.from('020002', 'hex')),
      extension.other(0x1a1a, Buffer.of(0)),
    ],
  });
