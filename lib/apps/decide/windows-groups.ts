import { isFipsOn } from './fips.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { listInForce } from '../../windows/policy/read-policy.js';

/** Windows' names of groups, in lower case, by IANA's. All others are the same but for case. */
const IANA: Readonly<Record<string, string>> = {
  curve25519: 'x25519',
  nistp192: 'secp192r1',
  nistp224: 'secp224r1',
  nistp256: 'secp256r1',
  nistp384: 'secp384r1',
  nistp521: 'secp521r1',
  x25519_mlkem768: 'x25519mlkem768',
  secp256r1_mlkem768: 'secp256r1mlkem768',
  secp384r1_mlkem1024: 'secp384r1mlkem1024',
};

/** Groups vanish in FIPS mode ("TLS supported groups"). */
const isNotFips = (group: string): boolean => group === 'x25519' || group.includes('mlkem');

/** A name in lower case as IANA has it. */
export const groupOf = (windowsName: string): string => {
  const name = windowsName.toLowerCase();
  return IANA[name] ?? name;
};

/** Groups of this Windows in its order, by IANA's names in lower case; null if that is not known. */
export function groupsOf(policy: Policy): readonly string[] | null {
  const names = listInForce(policy.groups)?.map(groupOf) ?? null;
  return isFipsOn(policy) ? (names?.filter((name) => !isNotFips(name)) ?? null) : names;
}
