import { printable, printableList } from '../../../base/text/printable.js';
import { type IssueValue, readIssueValue } from './issue-value.js';
import type { CaaProperty, DnsLookup } from './lookup.js';

/** Who will ask for a certificate, and how. */
export interface CaaQuestion {
  /** The name, without '*.'. */
  readonly name: string;
  readonly wildcard: boolean;
  /** Names of the authority in CAA records, of its directory. */
  readonly identities: readonly string[];
  /** URL of the account; null if it is not known. */
  readonly account: string | null;
  /** Kinds of challenges that can be answered. */
  readonly methods: readonly string[];
}

/** More names above one than any has. */
const MOST_LABELS = 127;

/**
 * Which CAA record forbids a certificate (RFC 8659, and RFC 8657 for accounts and challenges).
 *
 * @returns a sentence; null if none does, or if the authority does not say its name
 * @throws Error if the records can't be looked up
 */
export async function caaObstacle(question: CaaQuestion, lookup: DnsLookup): Promise<string | null> {
  const { name, wildcard, identities } = question;
  if (identities.length === 0) return null;
  const found = await relevantSet(name, lookup);
  if (found === null) return null;
  const where = `The CAA records of ${printable(found.name)}`;
  const unknown = found.set.find(({ tag, isCritical }) => isCritical && !KNOWN.includes(tag));
  if (unknown !== undefined)
    return `${where} have the critical property "${printable(unknown.tag)}", which no authority may ignore.`;
  const wild = wildcard ? found.set.filter(({ tag }) => tag === 'issuewild') : [];
  const relevant = (wild.length > 0 ? wild : found.set.filter(({ tag }) => tag === 'issue')).map(
    ({ value }) => readIssueValue(value),
  );
  if (relevant.length === 0) return null;
  const ours = relevant.filter(({ issuer }) => identities.some((each) => each.toLowerCase() === issuer));
  const what = wildcard ? 'a wildcard' : 'a certificate';
  if (ours.length === 0) {
    const others = relevant.map(({ issuer }) => issuer).filter((issuer) => issuer !== '');
    const permitted = others.length === 0 ? 'nobody' : `only ${printableList(others)}`;
    return `${where} permit ${permitted} to issue ${what}. This authority is called ${printableList(identities)}.`;
  }
  const reasons = ours.map((property) => reasonAgainst(property, question));
  // One that permits it is enough.
  if (reasons.includes(null)) return null;
  const wanted = reasons.flatMap((each) => each ?? []);
  return `${where} permit this authority to issue ${what} only ${wanted.join(', or only ')}.`;
}

const KNOWN: readonly string[] = ['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail'];

/** The record set that counts: that of the name, or of the nearest name above it that has one (RFC 8659 §3). */
async function relevantSet(
  name: string,
  lookup: DnsLookup,
): Promise<{ readonly name: string; readonly set: readonly CaaProperty[] } | null> {
  const labels = name.split('.').slice(-MOST_LABELS);
  for (let at = 0; at < labels.length; at += 1) {
    const each = labels.slice(at).join('.');
    const set = await lookup.caa(each);
    if (set.length > 0) return { name: each, set };
  }
  return null;
}

/** RFC 8657 §3 and §4. */
function reasonAgainst({ parameters }: IssueValue, { account, methods }: CaaQuestion): string | null {
  const wantedAccount = parameters.get('accounturi');
  if (wantedAccount !== undefined && account !== null && wantedAccount !== account)
    return `for the account ${printable(wantedAccount)}, which is not ${account}`;
  const wantedMethods = parameters
    .get('validationmethods')
    ?.split(',')
    .map((each) => each.trim());
  if (wantedMethods !== undefined && !methods.some((each) => wantedMethods.includes(each)))
    return `by ${printableList(wantedMethods)}, and ${methods.join(' or ')} is what can be answered here`;
  return null;
}
