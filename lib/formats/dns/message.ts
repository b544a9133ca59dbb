/** Writes and reads DNS messages (RFC 1035 §4), as far as a signed update needs it. */

export const TYPE = { A: 1, SOA: 6, TXT: 16, AAAA: 28, TSIG: 250 } as const;
export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;
export const OPCODE = { query: 0, update: 5 } as const;

/** The answer is cut short, or is no answer to the question. */
export class MalformedDns extends Error {
  constructor(what: string) {
    super(`The DNS message has ${what}`);
  }
}

/** One record (RFC 1035 §4.1.3), or one change of an update (RFC 2136 §2.5). */
export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Uint8Array;
}

export interface DnsMessage {
  readonly id: number;
  readonly opcode: number;
  /** What is asked; for an update its zone. */
  readonly question: { readonly name: string; readonly type: number };
  /** For an update the changes. */
  readonly authority?: readonly DnsRecord[];
}

export function writeMessage({ id, opcode, question, authority = [] }: DnsMessage): Buffer {
  const recursion = opcode === OPCODE.query ? 0x0100 : 0;
  return Buffer.concat([
    ...[id, (opcode << 11) | recursion, 1, 0, authority.length, 0].map(uint16),
    ...[writeName(question.name), uint16(question.type), uint16(CLASS.IN)],
    ...authority.map(writeRecord),
  ]);
}

export const writeRecord = ({ name, type, class: class_, ttl, data }: DnsRecord): Buffer =>
  Buffer.concat([writeName(name), uint16(type), uint16(class_), uint32(ttl), uint16(data.length), data]);

/**
 * A name in lower case and without compression, as signatures need it (RFC 8945 §4.3.3). A final dot is optional.
 *
 * @throws RangeError for a name that DNS cannot have
 */
export function writeName(name: string): Buffer {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const whole = Buffer.concat([
    ...(name === '' || name === '.' ? [] : labels.map((label) => writeLabel(label, name))),
    Buffer.of(0),
  ]);
  if (whole.length > 255) throw new RangeError(`${name} is too long for DNS`);
  return whole;
}

function writeLabel(label: string, name: string): Buffer {
  // Hosts have fewer characters, but records such as _acme-challenge have more.
  if (!/^[\x21-\x7e]{1,63}$/.test(label)) throw new RangeError(`${name} is no name of DNS`);
  return Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]);
}

/** The data of a TXT record (RFC 1035 §3.3.14): strings of up to 255 bytes, which belong together. */
export function writeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.of(part.length), part);
  }
  return Buffer.concat(parts);
}

/** Why a server refused, by the number of the answer (RFC 1035 §4.1.1, RFC 2136 §2.2). */
export const RESPONSE_CODES: ReadonlyMap<number, string> = new Map([
  [0, 'NOERROR'],
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [6, 'YXDOMAIN'],
  [7, 'YXRRSET'],
  [8, 'NXRRSET'],
  [9, 'NOTAUTH'],
  [10, 'NOTZONE'],
]);

/** An answer without the data of its records. */
export interface DnsAnswer {
  readonly id: number;
  /** A name of {@link RESPONSE_CODES}, or the number. */
  readonly code: string;
  /** Its records, the answers first. */
  readonly records: readonly ReadRecord[];
  /** How many of them are answers. */
  readonly answers: number;
}

export interface ReadRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly data: Buffer;
  /** Where it begins in the message. */
  readonly start: number;
}

/** How many records of an answer are read; an answer to our questions has a few. */
const MOST_RECORDS = 256;

/** @throws MalformedDns */
export function readAnswer(message: Buffer): DnsAnswer {
  if (message.length < 12) throw new MalformedDns('no header');
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) === 0) throw new MalformedDns('a question instead of an answer');
  const [questions, answers, authorities, additional] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  const count = (answers ?? 0) + (authorities ?? 0) + (additional ?? 0);
  if (count > MOST_RECORDS || (questions ?? 0) > 1) throw new MalformedDns('too many records');
  let at = 12;
  for (let left = questions ?? 0; left > 0; left -= 1) at = readName(message, at).end + 4;
  const records: ReadRecord[] = [];
  for (let left = count; left > 0; left -= 1) {
    const start = at;
    const { name, end } = readName(message, at);
    if (end + 10 > message.length) throw new MalformedDns('a record that is cut short');
    const length = message.readUInt16BE(end + 8);
    at = end + 10 + length;
    if (at > message.length) throw new MalformedDns('a record that is cut short');
    records.push({
      name,
      type: message.readUInt16BE(end),
      class: message.readUInt16BE(end + 2),
      data: message.subarray(end + 10, at),
      start,
    });
  }
  const number = flags & 15;
  return {
    id: message.readUInt16BE(0),
    code: RESPONSE_CODES.get(number) ?? String(number),
    records,
    answers: answers ?? 0,
  };
}

/**
 * A name and the place behind it. It may point back to an earlier one (RFC 1035 §4.1.4), never forward.
 *
 * @throws MalformedDns
 */
export function readName(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | null = null;
  let size = 0;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw new MalformedDns('a name that is cut short');
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (message[at + 1] ?? 0);
      if (target >= at) throw new MalformedDns('a name that points forward');
      end ??= at + 2;
      at = target;
      continue;
    }
    if (length > 63) throw new MalformedDns('a label of an unknown kind');
    size += length + 1;
    if (size > 255 || at + length >= message.length) throw new MalformedDns('a name that is too long');
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
}

export const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const uint48 = (value: number): Buffer => {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
};
