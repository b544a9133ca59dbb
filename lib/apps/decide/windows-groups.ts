import { isFipsGroup, isFipsOn } from '../../windows/policy/fips-mode.js';
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

/** The first build whose groups are documented. It is also the first with curve25519. */
const FIRST_DOCUMENTED = 14393;
/** The first build that can have ML-KEM, with an update. */
const FIRST_MLKEM = 26100;

const isOf = (build: number, group: string): boolean =>
  (group !== 'x25519' || build >= FIRST_DOCUMENTED) && (!group.includes('mlkem') || build >= FIRST_MLKEM);

/** A name in lower case as IANA has it. */
export const groupOf = (windowsName: string): string => {
  const name = windowsName.toLowerCase();
  return IANA[name] ?? name;
};

/** Groups of this Windows in its order, by IANA's names in lower case; null if that is not known. */
export function groupsOf(policy: Policy): readonly string[] | null {
  const { build, wine, groups } = policy;
  const isSet = groups.policy !== null || groups.local !== null;
  // Wine takes the groups of GnuTLS, whatever is set.
  if (wine !== null || (!isSet && build < FIRST_DOCUMENTED)) return null;
  const names = listInForce(groups) ?? [];
  // A list that names nothing is one that nobody documents.
  if (names.length === 0) return null;
  return (isFipsOn(policy) ? names.filter(isFipsGroup) : names)
    .map(groupOf)
    .filter((name) => isOf(build, name));
}
