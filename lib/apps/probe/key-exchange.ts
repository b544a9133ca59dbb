import { Message, readServerKeyExchange } from '../../formats/server-flight/flight-messages.js';
import { MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import { CURVES } from '../../formats/tls-wire/groups.js';
import { CIPHER_SUITES } from '../../formats/tls-wire/suites.js';
import type { Asker } from './asker.js';
import { eliminate, type Elimination, refusalOf } from './eliminate.js';
import type { Outcome } from './outcome.js';

const isKeyExchange = ({ type }: { readonly type: number }): boolean =>
  type === Message.ServerKeyExchange || type === Message.ServerHelloDone;

const withExchange = (suites: readonly number[], keyExchange: string): number[] =>
  suites.filter((suite) => CIPHER_SUITES.get(suite)?.keyExchange === keyExchange);

/** The key exchange in the flight; null if it has none, or one that cannot be read. */
function keyExchangeIn(outcome: Outcome): ReturnType<typeof readServerKeyExchange> | null {
  if (outcome.end !== 'answer') return null;
  const message = outcome.messages.find(({ type }) => type === Message.ServerKeyExchange);
  const suite = CIPHER_SUITES.get(outcome.hello.suite);
  if (message === undefined || suite === undefined) return null;
  try {
    return readServerKeyExchange(message.body, suite.keyExchange);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return null;
  }
}

/** The curves of ECDHE in TLS 1.2 and below, in the server's order; null without a suite of ECDHE. */
export async function curvesOf(
  asker: Asker,
  version: number,
  accepted: readonly number[],
): Promise<Elimination<number> | null> {
  const suites = withExchange(accepted, 'ECDHE');
  if (suites.length === 0) return null;
  return eliminate(CURVES, async (groups) => {
    const outcome = await asker.ask({ version, suites, groups }, isKeyExchange);
    const group = keyExchangeIn(outcome)?.group ?? null;
    return group === null ? { refusal: refusalOf(outcome) } : { chosen: group, number: group };
  });
}

/** Bits of the prime of DHE; null without a suite of DHE, or if it is not shown. */
export async function dhBitsOf(
  asker: Asker,
  version: number,
  accepted: readonly number[],
): Promise<number | null> {
  const suites = withExchange(accepted, 'DHE');
  if (suites.length === 0) return null;
  return keyExchangeIn(await asker.ask({ version, suites }, isKeyExchange))?.dhBits ?? null;
}
