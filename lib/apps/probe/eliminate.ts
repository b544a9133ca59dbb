import { alertName } from '../../base/errors/alerts.js';
import { versionName } from '../../formats/tls-wire/versions.js';
import type { GivenUp, Outcome } from './outcome.js';
import type { Refusal } from './report.js';

/** What a server chose of what was offered, or why it did not. */
export type Choice<Chosen> =
  { readonly chosen: Chosen; readonly number: number } | { readonly refusal: Refusal };

export interface Elimination<Chosen> {
  /** In the order of the server's choices. */
  readonly found: readonly Chosen[];
  /** What ended it; null if the server took all that was offered. */
  readonly refusal: Refusal | null;
}

/**
 * Offers all, then all but what was chosen, and so on, until the server refuses.
 *
 * @param first what the server chose of all, if that is known
 */
export async function eliminate<Chosen>(
  offered: readonly number[],
  choose: (left: readonly number[]) => Promise<Choice<Chosen>>,
  first: Choice<Chosen> | null = null,
): Promise<Elimination<Chosen>> {
  const found: Chosen[] = [];
  let left = offered;
  while (left.length > 0) {
    const choice = found.length === 0 && first !== null ? first : await choose(left);
    if ('refusal' in choice) return { found, refusal: choice.refusal };
    if (!left.includes(choice.number)) {
      return { found, refusal: { kind: 'unsure', text: 'chose what was not offered' } };
    }
    found.push(choice.chosen);
    left = left.filter((number) => number !== choice.number);
  }
  return { found, refusal: null };
}

/** Alerts that say that an offer is not acceptable. */
const REFUSALS = new Set([
  'handshake_failure',
  'protocol_version',
  'insufficient_security',
  'illegal_parameter',
  'missing_extension',
  'unrecognized_name',
  'no_application_protocol',
  'inappropriate_fallback',
]);

const GIVEN_UP: Readonly<Record<GivenUp, string>> = {
  connections: 'the limit of connections was reached',
  time: 'the limit of time was reached',
  silent: 'the server no longer answers',
  unreachable: 'the server can no longer be reached',
};

/** What an outcome means that is not the choice that was asked for. */
export function refusalOf(outcome: Outcome): Refusal {
  switch (outcome.end) {
    case 'alert': {
      const name = alertName(outcome.alert);
      // Anything else may be the trouble of the moment; but servers also say internal_error for "none of these".
      const isRefusal = REFUSALS.has(name) || name === 'internal_error' || name === 'close_notify';
      return { kind: isRefusal ? 'alert' : 'unsure', text: `alert ${name}` };
    }
    case 'cut':
      return outcome.isRefusal
        ? { kind: 'cut', text: 'the connection was closed' }
        : { kind: 'unsure', text: 'the connection was closed, as others were' };
    case 'answer':
      return { kind: 'other-version', text: `answered with ${versionName(outcome.hello.version)}` };
    case 'timeout':
      return { kind: 'unsure', text: 'no answer in time' };
    case 'not-tls':
      return { kind: 'unsure', text: 'an answer that is not TLS' };
    case 'garbled':
      return { kind: 'unsure', text: 'an answer that cannot be read' };
    case 'too-much':
      return { kind: 'unsure', text: 'an answer longer than any honest one' };
    case 'unreachable':
    case 'starttls':
      return { kind: 'unsure', text: outcome.error.message };
    case 'given-up':
      return { kind: 'unsure', text: GIVEN_UP[outcome.why] };
    case 'ssl2':
      return { kind: 'other-version', text: 'answered with SSLv2' };
  }
}
