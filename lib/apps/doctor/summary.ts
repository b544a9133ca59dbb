import type { CheckReport, Json } from './check.js';

/** What a person wants to know first. */
export interface Statement {
  /** 'partly': some of it. 'unknown': it was not tried. */
  readonly verdict: 'works' | 'partly' | 'fails' | 'absent' | 'unknown';
  /** 'A client of TLS'. */
  readonly subject: string;
  /** What the verdict means for programs; null if there is nothing to say. */
  readonly meaning: string | null;
  /** The checks behind it. */
  readonly checks: readonly string[];
}

interface Topic {
  readonly subject: string;
  readonly checks: RegExp;
  /** If it isn't there. */
  readonly without: string;
}

const TOPICS: readonly Topic[] = [
  {
    subject: 'A client of TLS',
    checks: /^loop-back\.anonymous$/,
    without: 'Nothing of this library works here.',
  },
  {
    subject: 'A client with its key in a key storage provider (CNG)',
    checks: /^(?:keys|loop-back)\.cng-/,
    without: 'Keys are kept in older providers (CSPs) instead, which have none on curves.',
  },
  {
    subject: 'A client with its key in an older provider (CSP)',
    checks: /^(?:keys|loop-back)\.csp-/,
    without:
      'Certificates of older programs, such as of old smart cards, may not work with every version of TLS.',
  },
  {
    subject: 'A client with a certificate from a PFX or PEM file',
    checks: /^loop-back\.(?:pfx|pem)-/,
    without: 'Import the file into a store, and name the certificate.',
  },
  {
    subject: 'A server of TLS',
    checks: /^server\./,
    without: 'createServer() works with no key of this account.',
  },
  {
    subject: 'Keys in the TPM',
    checks: /^keys\.tpm-/,
    without:
      'There is no TPM, or this account may not use it. Keys in software can be made that are never exported.',
  },
  {
    subject: 'Keys of the machine, for services',
    checks: /^machine-keys\./,
    without: 'Only administrators can make them: run this as one to know.',
  },
  {
    subject: 'Stores of this user',
    checks: /^(?:stores\.CurrentUser|store\.properties)$/,
    without: 'Certificates can only come from files.',
  },
  {
    subject: 'Notifications of changed stores',
    checks: /^store\.notifications$/,
    without: 'Servers look into the store again and again, and see a renewed certificate some seconds later.',
  },
  {
    subject: 'PFX files into a store and out of it',
    checks: /^files\./,
    without: 'Keys of that kind stay in files.',
  },
];

/** The results by what they are about. */
export function summaryOf(checks: readonly CheckReport[]): Statement[] {
  const statements = TOPICS.flatMap((topic) => statementOf(topic, checks));
  const versions = statementOfTls13(checks);
  return versions === null ? statements : [...statements.slice(0, 1), versions, ...statements.slice(1)];
}

function statementOf(
  { subject, checks: wanted, without }: Topic,
  checks: readonly CheckReport[],
): Statement[] {
  const found = checks.filter(({ id }) => wanted.test(id));
  if (found.length === 0) return [];
  const has = (verdict: CheckReport['verdict']): boolean => found.some((check) => check.verdict === verdict);
  const about = { subject, checks: found.map(({ id }) => id) };
  if (has('broken')) return [{ verdict: 'fails', ...about, meaning: without }];
  if (found.every(({ verdict }) => verdict === 'not tried'))
    return [{ verdict: 'unknown', ...about, meaning: 'It was not tried: use --write.' }];
  if (found.every(({ verdict }) => verdict === 'works'))
    return [{ verdict: 'works', ...about, meaning: null }];
  const others = found.filter(({ verdict }) => verdict !== 'works').map(({ id }) => id);
  return has('works') || has('found')
    ? [{ verdict: 'partly', ...about, meaning: `Not as expected: ${others.join(', ')}.` }]
    : [{ verdict: 'absent', ...about, meaning: without }];
}

function statementOfTls13(checks: readonly CheckReport[]): Statement | null {
  const [client] = checks.filter(({ id }) => id === 'protocols.client');
  const versions = versionsIn(client?.data);
  if (versions === null) return null;
  const about = { subject: 'TLS 1.3, without being asked for', checks: ['protocols.client'] };
  return versions.includes('TLSv1.3')
    ? { verdict: 'works', ...about, meaning: null }
    : {
        verdict: 'absent',
        ...about,
        meaning: 'Connections get TLS 1.2. Windows Server 2022 and Windows 11 are the first with TLS 1.3.',
      };
}

function versionsIn(data: Json | undefined): readonly Json[] | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const versions: unknown = Reflect.get(data, 'versions');
  return Array.isArray(versions) ? (versions as readonly Json[]) : null;
}
