import type { Asker } from './asker.js';
import { refusalOf } from './eliminate.js';
import type { VersionReport } from './report.js';

/** Whether SSL 2 is spoken. Its suites are not listed: there is no good one. */
export async function surveySsl2(asker: Asker): Promise<VersionReport> {
  const outcome = await asker.askSsl2();
  const base = { suites: [], order: null };
  if (outcome.end === 'ssl2') return { ...base, offered: true, refusal: null };
  // Servers without SSL 2 close the connection, send an alert, or wait for more of what they take for a record.
  const isSilent = outcome.end === 'timeout' || outcome.end === 'garbled' || outcome.end === 'not-tls';
  const refusal = refusalOf(outcome);
  const isUnsure = refusal.kind === 'unsure' && !isSilent && outcome.end !== 'cut';
  return {
    ...base,
    offered: isUnsure ? null : false,
    refusal: isUnsure ? refusal : { ...refusal, kind: 'cut' },
  };
}
