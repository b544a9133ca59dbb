import { Message, readServerKeyExchange } from '../../formats/server-flight/flight-messages.js';
import { MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import { CURVES } from '../../formats/tls-wire/groups.js';
import { CIPHER_SUITES } from '../../formats/tls-wire/suites.js';
import type { Asker } from './asker.js';
import { eliminate, type Elimination, refusalOf } from './eliminate.js';
import type { Outcome } from './outcome.js';
import type { Refusal } from './report.js';
import type { Clear } from './spoken.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';

/** The server chose a suite and did not send what belongs to it. */
export const NOT_SHOWN: Refusal = {
  kind: 'unsure',
  text: 'the answer ended before the key exchange, or cannot be read',
};

export const isKeyExchange = ({ type }: { readonly type: number }): boolean =>
  type === Message.ServerKeyExchange || type === Message.ServerHelloDone;

/** Suites of one key exchange. */
export const withExchange = (suites: readonly number[], keyExchange: string): number[] =>
  suites.filter((suite) => CIPHER_SUITES.get(suite)?.keyExchange === keyExchange);

/** The key exchange in the flight; null if it has none, or one that cannot be read. */
export function keyExchangeIn(outcome: Outcome): ReturnType<typeof readServerKeyExchange> | null {
  if (outcome.end !== 'answer') return null;
  const message = outcome.messages.find(({ type }) => type === Message.ServerKeyExchange);
  const suite = CIPHER_SUITES.get(outcome.hello.suite);
  if (message === undefined || suite === undefined) return null;
  try {
    return readServerKeyExchange(message.body, suite.keyExchange, outcome.hello.version);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return null;
  }
}

/** The curves of ECDHE in TLS 1.2 and below, in the server's order; null without a suite of ECDHE. */
export async function curvesOf(asker: Asker, clear: Clear): Promise<Elimination<number> | null> {
  const suites = withExchange(clear.suites, 'ECDHE');
  const version = TLS_VERSIONS[clear.name];
  if (suites.length === 0) return null;
  const curves = await eliminate(CURVES, async (groups) => {
    const outcome = await asker.ask({ version, suites, groups }, isKeyExchange);
    const group = keyExchangeIn(outcome)?.group ?? null;
    if (group !== null) return { chosen: group, number: group };
    return { refusal: outcome.end === 'answer' ? NOT_SHOWN : refusalOf(outcome) };
  });
  return curves.found.length === 0 && curves.refusal?.kind !== 'unsure' ? null : curves;
}

/** Bits of the prime of DHE; null without a suite of DHE, or if it is not shown. */
export async function dhBitsOf(asker: Asker, clear: Clear): Promise<number | null> {
  const suites = withExchange(clear.suites, 'DHE');
  if (suites.length === 0) return null;
  const outcome = await asker.ask({ version: TLS_VERSIONS[clear.name], suites }, isKeyExchange);
  const bits = keyExchangeIn(outcome)?.dhBits ?? null;
  if (bits === null) asker.doubt('prime of DHE', outcome.end === 'answer' ? NOT_SHOWN : refusalOf(outcome));
  return bits;
}
