import { ALL_SCHEMES, schemeName } from '../../formats/tls-wire/signature-schemes.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { eliminate, refusalOf, type Elimination } from './eliminate.js';
import { isKeyExchange, keyExchangeIn, NOT_SHOWN, withExchange } from './key-exchange.js';
import { flight13 } from './open-flight.js';
import type { SignaturesReport } from './report.js';
import type { Clear, Opened } from './spoken.js';

/** The signature schemes with which the server signs, by elimination; null where the version is not spoken. */
export async function surveySignatures(
  asker: Asker,
  clear: Clear | null,
  opened: Opened | null,
): Promise<SignaturesReport> {
  const [tls12, tls13] = await Promise.all([
    clear?.name === 'TLSv1.2' ? signaturesBefore13(asker, clear) : null,
    opened === null ? null : signaturesIn13(asker, opened),
  ]);
  const names = (what: string, found: Elimination<number> | null): string[] | null => {
    if (found !== null) asker.doubt(what, found.refusal);
    return found?.found.map(schemeName) ?? null;
  };
  return {
    'TLSv1.2': names('signatures of TLSv1.2', tls12),
    'TLSv1.3': names('signatures of TLSv1.3', tls13),
  };
}

/** TLS 1.2 shows the scheme with the key exchange. */
async function signaturesBefore13(asker: Asker, clear: Clear): Promise<Elimination<number> | null> {
  const suites = [...withExchange(clear.suites, 'ECDHE'), ...withExchange(clear.suites, 'DHE')];
  if (suites.length === 0) return null;
  return eliminate(ALL_SCHEMES, async (schemes) => {
    const outcome = await asker.ask({ version: TLS_VERSIONS[clear.name], suites, schemes }, isKeyExchange);
    const scheme = keyExchangeIn(outcome)?.scheme ?? null;
    if (scheme !== null) return { chosen: scheme, number: scheme };
    return { refusal: outcome.end === 'answer' ? NOT_SHOWN : refusalOf(outcome) };
  });
}

const signaturesIn13 = (asker: Asker, opened: Opened): Promise<Elimination<number>> =>
  eliminate(ALL_SCHEMES, async (schemes) => {
    const { flight, refusal } = await flight13(asker, opened, { schemes });
    const scheme = flight?.scheme ?? null;
    return scheme === null ? { refusal: refusal ?? NOT_SHOWN } : { chosen: scheme, number: scheme };
  });
