import type { HelloVersion } from './versions.js';

/** A version before TLS 1.3, and suites that the server has there. */
export interface Clear {
  readonly name: Exclude<HelloVersion, 'TLSv1.3'>;
  readonly suites: readonly number[];
}

/** Suites and a group of TLS 1.3 that the server and we have, so that its flight can be opened. */
export interface Opened {
  readonly suites: readonly number[];
  readonly group: number;
}
