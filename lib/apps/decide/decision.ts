import type { TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { Role } from '../../native/binding.js';
import type { PolicyVersion } from '../../windows/policy/protocol-versions.js';
import type { Policy } from '../../windows/policy/read-policy.js';

/** The versions that can be asked about. */
export type DecidedVersion = Exclude<PolicyVersion, `DTLS${string}`>;

/** Their names in node:tls, oldest first. */
export const VERSION_NAMES: Readonly<Record<DecidedVersion, TlsVersionName>> = {
  'SSL 2.0': 'SSLv2',
  'SSL 3.0': 'SSLv3',
  'TLS 1.0': 'TLSv1',
  'TLS 1.1': 'TLSv1.1',
  'TLS 1.2': 'TLSv1.2',
  'TLS 1.3': 'TLSv1.3',
};

export const DECIDED_VERSIONS = Object.keys(VERSION_NAMES) as readonly DecidedVersion[];

/** The key of a server's certificate. Curves have Windows' names: 'NistP256'. */
export type ServerKey =
  { readonly kind: 'RSA'; readonly bits: number } | { readonly kind: 'EC'; readonly curve: string };

/** What is known. What is left out decides nothing. */
export interface DecideInput {
  readonly policy: Policy;
  readonly role: Role;
  /** The key of the server's certificate: for a client, that of its peer. */
  readonly certificate?: ServerKey;
  /** DefaultFlags of the binding of http.sys, for a server. */
  readonly bindingFlags?: number;
  /**
   * Options of this library's connect() or createServer(), with its defaults for what is left out: TLSv1.2 to TLSv1.3.
   * Without `options`, the answer is for any program on Schannel.
   */
  readonly options?: { readonly minVersion?: TlsVersionName; readonly maxVersion?: TlsVersionName };
  /** Groups that the other side has, by IANA's names; null is unknown. A report of schannel/probe has them. */
  readonly peerGroups?: {
    readonly 'TLSv1.3': readonly string[] | null;
    readonly before: readonly string[] | null;
    /** Length of the prime that a server has for DHE. */
    readonly dhBits?: number | null;
  };
  /** Signature schemes that the other side accepts, by IANA's names ('rsa_pss_rsae_sha256'); null is unknown. */
  readonly peerSchemes?: readonly string[] | null;
}

/** What can say no, in the order in which it is asked. `order` is the answer yes: nothing says no. */
export const RULES = [
  'build',
  'protocols',
  'fips',
  'policy list',
  'local list',
  'version',
  'certificate',
  'groups',
  'signatures',
  'binding',
  'library',
  'order',
] as const;

export type Rule = (typeof RULES)[number];

/** The reason of a rule. */
export interface Reason {
  readonly rule: Rule;
  /** A sentence. */
  readonly text: string;
  /** The key of the registry that decides, below HKEY_LOCAL_MACHINE; null if none does. */
  readonly key: string | null;
  /** 'Enabled=0'. */
  readonly value: string | null;
  /** When the key was last written; null if that is unknown. */
  readonly written: Date | null;
  /** What to do; null if nothing is to do. */
  readonly remedy: string | null;
}

export interface Decision extends Reason {
  /** 'TLS 1.3', or the name of a cipher suite. */
  readonly subject: string;
  readonly kind: 'version' | 'suite';
  readonly role: Role;
  /** Unknown: Windows does not say and it is not documented, or what is known contradicts itself. */
  readonly answer: 'yes' | 'no' | 'unknown';
}

/** A reason without a key of the registry, unless `more` has one. */
export const reason = (
  rule: Rule,
  text: string,
  remedy: string | null = null,
  more: Partial<Pick<Reason, 'key' | 'value' | 'written'>> = {},
): Reason => ({ rule, text, key: null, value: null, written: null, ...more, remedy });
