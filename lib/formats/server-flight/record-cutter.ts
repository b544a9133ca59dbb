/** A TLS record. The fragment is a copy-free view, valid until the next call of push(). */
export interface TlsRecord {
  readonly header: Uint8Array;
  readonly type: number;
  readonly fragment: Uint8Array;
}

export const RecordType = { ChangeCipherSpec: 20, Alert: 21, Handshake: 22, ApplicationData: 23 } as const;

/** What can be wrong with the bytes. */
export type RecordFault = 'not-tls' | 'garbled' | 'too-much';

const HEADER = 5;
/** RFC 5246 §6.2.3 */
const LONGEST_FRAGMENT = 16384 + 2048;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts the stream of a server into records, however the transport splits it. Everything together is limited, so a
 * server that never stops costs no memory.
 */
export class RecordCutter {
  readonly #limit: number;
  #rest: Buffer = NOTHING;
  #received = 0;
  #hasRecord = false;

  /** @param limit bytes in all */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that arrived. */
  get received(): number {
    return this.#received;
  }

  /** What arrived and is no whole record yet. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The records that are whole now, and what ends the reading. */
  push(chunk: Uint8Array): { readonly records: readonly TlsRecord[]; readonly fault: RecordFault | null } {
    this.#received += chunk.length;
    if (this.#received > this.#limit) return { records: [], fault: 'too-much' };
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const records: TlsRecord[] = [];
    for (;;) {
      const fault = this.#faultOfHeader();
      if (fault !== null) return { records, fault };
      const record = this.#take();
      if (record === null) return { records, fault: null };
      records.push(record);
      this.#hasRecord = true;
    }
  }

  #faultOfHeader(): RecordFault | null {
    const [type, major] = this.#rest;
    if (type === undefined) return null;
    const isTls = type >= 20 && type <= 24 && (major === undefined || major === 3);
    if (!isTls) return this.#hasRecord ? 'garbled' : 'not-tls';
    return this.#rest.length >= HEADER && this.#rest.readUInt16BE(3) > LONGEST_FRAGMENT ? 'garbled' : null;
  }

  #take(): TlsRecord | null {
    if (this.#rest.length < HEADER) return null;
    const end = HEADER + this.#rest.readUInt16BE(3);
    if (this.#rest.length < end) return null;
    const header = this.#rest.subarray(0, HEADER);
    const fragment = this.#rest.subarray(HEADER, end);
    this.#rest = this.#rest.subarray(end);
    return { header, type: header[0] ?? 0, fragment };
  }
}
