import type { Asker, OwnOffer } from './asker.js';
import { refusalOf } from './eliminate.js';
import type { ToleranceReport } from './report.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { HelloVersion } from './versions.js';

export const NO_TOLERANCE: ToleranceReport = {
  newerVersion: null,
  grease: null,
  mediumHello: null,
  longHello: null,
};

/** Few enough for a short hello. */
const FEW = 8;
const SHORT_LISTS = {
  groups: [29, 23, 24, 25],
  schemes: [0x0403, 0x0804, 0x0401, 0x0503, 0x0807, 0x0601, 0x0201],
};
/** Of 256 to 511 bytes, which some old devices never answer (RFC 7685). */
const MEDIUM = 400;
/** Nearly a whole record. */
const LONG = 16_000;

/** Whether the server answers hellos that it should answer, though they are unusual. */
export async function surveyTolerance(
  asker: Asker,
  best: { readonly name: HelloVersion; readonly suites: readonly number[] },
): Promise<ToleranceReport> {
  if (best.name === 'SSLv3') return NO_TOLERANCE;
  const offer = { version: TLS_VERSIONS[best.name], suites: best.suites.slice(0, FEW) };
  const ask = async (what: string, more: Partial<OwnOffer>): Promise<boolean | null> => {
    const outcome = await asker.ask({ ...offer, ...more });
    if (outcome.end === 'answer') return true;
    return asker.doubt(what, refusalOf(outcome)) ? null : false;
  };
  const [newerVersion, grease, mediumHello, longHello] = await Promise.all([
    ask('hello of a newer version', { withNewerVersion: true }),
    ask('hello with reserved values', { withGrease: true }),
    ask(`hello of ${MEDIUM} bytes`, { ...SHORT_LISTS, length: MEDIUM }),
    ask(`hello of ${LONG} bytes`, { length: LONG }),
  ]);
  return { newerVersion, grease, mediumHello, longHello };
}
