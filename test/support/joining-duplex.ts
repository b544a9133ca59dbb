import { ContentType } from '#lib/tls/engine/record.js';
import { PassingDuplex } from './passing-duplex.js';
import { splitRecords } from './records.js';

/**
 * Passes everything on, but of TLS 1.2 keeps the end of the handshake, from change_cipher_spec on, until two records
 * are behind it: Finished comes in one chunk with what follows.
 */
export class JoiningDuplex extends PassingDuplex {
  #held: Buffer | null = Buffer.alloc(0);

  protected override hear(chunk: Buffer): void {
    if (this.#held === null) {
      this.push(chunk);
      return;
    }
    const all = Buffer.concat([this.#held, chunk]);
    const records = splitRecords(all) ?? [];
    const end = records.findIndex(([type]) => type === ContentType.ChangeCipherSpec);
    const isWhole = end >= 0 && records.length > end + 2;
    const keeps = records.length === 0 || (end >= 0 && !isWhole);
    this.#held = isWhole ? null : keeps ? all : Buffer.alloc(0);
    if (!keeps) this.push(all);
  }

  protected override finish(): void {
    this.push(null);
  }
}
