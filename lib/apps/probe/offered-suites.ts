import { CIPHER_SUITES, type CipherSuite } from '../../formats/tls-wire/suites.js';
import type { TlsVersionName } from '../../formats/tls-wire/versions.js';

/** Some servers and devices fall over longer lists. */
const SUITES_AT_ONCE = 96;

const USUAL_CIPHER = /^(AES|CHACHA20|CAMELLIA|ARIA|3DES|RC4|SEED)/;
const AUTHENTICATED = /_(GCM|CCM|CCM_8)$|POLY1305/;

/** Suites that many servers have: in TLS 1.2 those with authenticated encryption, others, and those without secrecy. */
type Place = 'authenticated' | 'secret' | 'static' | 'rare';

function placeOf({ keyExchange, authentication, cipher }: CipherSuite, version: TlsVersionName): Place {
  const isUsual = USUAL_CIPHER.test(cipher) && (authentication === 'RSA' || authentication === 'ECDSA');
  if (!isUsual) return 'rare';
  const isAuthenticated = AUTHENTICATED.test(cipher);
  if (isAuthenticated && version !== 'TLSv1.2') return 'rare';
  if (keyExchange === 'RSA') return 'static';
  if (!/^(ECDHE|DHE)$/.test(keyExchange)) return 'rare';
  return isAuthenticated ? 'authenticated' : 'secret';
}

/** The suites of a version, in lists of which each is offered by itself. */
export interface SuiteLists {
  /** What the first hello offers: all that servers are likely to have. */
  readonly first: readonly number[];
  /**
   * Lists that can be asked side by side. Servers mostly prefer all of one to all of the next, so that few connections
   * are needed to join what they have of each.
   */
  readonly lists: readonly (readonly number[])[];
}

function suiteLists(version: TlsVersionName): SuiteLists {
  const suites = [...CIPHER_SUITES.values()].filter(
    ({ era }) => (era === 'TLSv1.3') === (version === 'TLSv1.3'),
  );
  if (version === 'TLSv1.3') {
    const all = suites.map(({ id }) => id);
    return { first: all, lists: [all] };
  }
  const placed = (place: Place): number[] =>
    suites
      .filter((suite) => placeOf(suite, version) === place)
      .sort((one, other) => rank(one) - rank(other))
      .map(({ id }) => id);
  const likely = (['authenticated', 'secret', 'static'] as const).map(placed);
  const first = likely.flat();
  // Before TLS 1.2, servers have so few that one list is enough.
  const lists = version === 'TLSv1.2' ? likely : [first];
  return { first, lists: [...lists, ...inParts(placed('rare'))] };
}

const rank = ({ flags }: CipherSuite): number =>
  flags.includes('windows') ? 0 : flags.includes('recommended') ? 1 : 2;

const inParts = (suites: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(suites.length / SUITES_AT_ONCE) }, (_, part) =>
    suites.slice(part * SUITES_AT_ONCE, (part + 1) * SUITES_AT_ONCE),
  );

const known = new Map<TlsVersionName, SuiteLists>();

/** What is offered in a version. */
export function suitesFor(version: TlsVersionName): SuiteLists {
  const lists = known.get(version) ?? suiteLists(version);
  known.set(version, lists);
  return lists;
}
