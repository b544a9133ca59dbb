import type { Policy } from '../../windows/policy/read-policy.js';
import type { Reason } from './decision.js';

/** What clients on Windows hold against keys of servers. `text` completes "this Windows …"; null for nothing. */
export function leastOrMost(
  { others }: Policy,
  kind: 'PKCS' | 'Diffie-Hellman',
  bits: number | null,
): Pick<Reason, 'key' | 'value'> & { readonly text: string | null } {
  const limit = (name: string) => others.find((each) => each.name === name && each.key.endsWith(kind));
  const [least, most] = [limit('ClientMinKeyBitLength'), limit('ClientMaxKeyBitLength')];
  const origin = (entry: typeof least): Pick<Reason, 'key' | 'value'> =>
    entry?.value == null
      ? { key: null, value: null }
      : { key: entry.key, value: `${entry.name}=${entry.value}` };
  const [atLeast, atMost] = [least, most].map((entry) => entry?.value ?? entry?.default ?? null);
  if (bits !== null && atLeast != null && bits < atLeast) {
    return { text: `requires ${atLeast}`, ...origin(least) };
  }
  if (bits !== null && atMost != null && bits > atMost) {
    return { text: `takes at most ${atMost}`, ...origin(most) };
  }
  return { text: null, key: null, value: null };
}
