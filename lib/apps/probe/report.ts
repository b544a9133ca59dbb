import type { SuiteFlag } from '../../formats/tls-wire/suites.js';
import type { TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { Finding } from './findings.js';
import type { ProfileName } from './profiles.js';

/** What a server accepts. As JSON it has the form of docs/schannel-probe-1.schema.json. */
export interface ProbeReport {
  readonly format: 'schannel-probe/1';
  readonly target: ReportedTarget;
  /** When the probe began, ISO 8601. */
  readonly time: string;
  readonly versions: Readonly<Record<TlsVersionName, VersionReport>>;
  readonly groups: GroupsReport;
  /** One for each kind of key that the server showed, per kind of handshake. */
  readonly certificates: readonly CertificateReport[];
  /** What the server chooses of the names of ALPN that it is offered, best first; null if not tested. */
  readonly alpn: readonly string[] | null;
  readonly features: FeaturesReport;
  readonly resumption: ResumptionReport;
  readonly tolerance: ToleranceReport;
  readonly signatures: SignaturesReport;
  readonly findings: readonly Finding[];
  /** Whether the server is as a profile demands; the list says why not. */
  readonly grades: Readonly<Record<ProfileName, readonly string[]>>;
  /** What could not be found out, in sentences. */
  readonly unsure: readonly string[];
  readonly connections: number;
  readonly milliseconds: number;
}

export interface ReportedTarget {
  /** Null for a stream of the caller. */
  readonly host: string | null;
  readonly port: number | null;
  /** The name in the hellos; null if none was sent. */
  readonly servername: string | null;
  readonly starttls: string | null;
}

export interface VersionReport {
  /** Null: unsure. */
  readonly offered: boolean | null;
  /** In the server's order if it has one. */
  readonly suites: readonly SuiteReport[];
  /** Who chooses among suites; null with fewer than two, or if it is unsure. */
  readonly order: 'server' | 'client' | null;
  /** How the server refused when it had no suite left, or the version at all; null if it never did. */
  readonly refusal: Refusal | null;
}

export interface SuiteReport {
  readonly id: number;
  readonly name: string;
  /** Null where OpenSSL has no name for it. */
  readonly openssl: string | null;
  readonly bits: number;
  /** The group that was chosen with it, in TLS 1.3; otherwise null. */
  readonly group: string | null;
  readonly strength: Exclude<SuiteFlag, 'windows'>;
}

export interface Refusal {
  readonly kind: 'alert' | 'cut' | 'other-version' | 'unsure';
  /** 'alert protocol_version', 'answered with TLSv1.1', … */
  readonly text: string;
}

export interface GroupsReport {
  /** In the server's order; null if TLS 1.3 is not spoken. */
  readonly 'TLSv1.3': readonly string[] | null;
  /** Curves of ECDHE in TLS 1.2 and below; null without ECDHE. */
  readonly before: readonly string[] | null;
  /** Length of the prime of DHE in TLS 1.2 and below; null without DHE. */
  readonly dhBits: number | null;
}

export interface CertificateReport {
  /** The version in which it was shown. */
  readonly version: TlsVersionName;
  /** 'RSA 2048', 'EC prime256v1'; null if it cannot be read. */
  readonly key: string | null;
  /** How the server signed with it, in TLS 1.3; null before. */
  readonly scheme: string | null;
  /** The server's first. */
  readonly chain: readonly ChainedCertificate[];
  /** Each certificate issued the one before it. */
  readonly isOrdered: boolean;
  /** Bytes of the stapled OCSP response; null without one. */
  readonly staple: number | null;
  /** What the stapled response says of the certificate; its signature is not verified. Null without one. */
  readonly ocsp: OcspReport | null;
  /** The server asks for a certificate; the number of authorities that it names, 0 for any. Null if it does not ask. */
  readonly clientAuthorities: number | null;
  /** Their names, at most 100, the most specific part first. They are the server's words. */
  readonly authorityNames: readonly string[];
}

export interface OcspReport {
  /** 'other': it is about another certificate, or no answer at all. */
  readonly status: 'good' | 'revoked' | 'unknown' | 'other' | 'unreadable';
  /** ISO 8601 */
  readonly thisUpdate: string | null;
  readonly nextUpdate: string | null;
}

/** A certificate as it was sent. Names are the server's words: show them with care. */
export interface ChainedCertificate {
  /** Null for what OpenSSL cannot read. */
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly names: string | null;
  /** ISO 8601 */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** 'RSA 2048', 'EC prime256v1' */
  readonly key: string | null;
  readonly fingerprint256: string;
}

/** Null: not tested, mostly because only TLS 1.3 is spoken, which has no such choice. */
export interface FeaturesReport {
  readonly secureRenegotiation: boolean | null;
  readonly extendedMasterSecret: boolean | null;
  /** Only with a suite of CBC mode. */
  readonly encryptThenMac: boolean | null;
  readonly sessionTickets: boolean | null;
  readonly compression: boolean | null;
  readonly heartbeat: boolean | null;
  /** The server refuses a client that fell back to an older version without need (RFC 7507). */
  readonly fallbackScsv: boolean | null;
  /** Without a name, the server shows another certificate or none. */
  readonly needsServername: boolean | null;
  /** The server refuses the name, and was asked without one. Null if no name was sent. */
  readonly nameRefused: boolean | null;
  /** The server makes another handshake whenever a client wants one. */
  readonly clientRenegotiation: boolean | null;
}

/** Whether the server resumed a session. Null: not tested, or without an answer. */
export interface ResumptionReport {
  /** Session identifiers of TLS 1.2 and below. */
  readonly sessionIds: boolean | null;
  /** Tickets of TLS 1.2 and below. */
  readonly tickets: boolean | null;
  readonly tls13: boolean | null;
  /** Bytes of early data that a ticket of TLS 1.3 allows; 0 for none. */
  readonly earlyData: number | null;
}

/** Whether the server answers unusual hellos as it should. Null: not tested, or unsure. */
export interface ToleranceReport {
  /** A hello that offers a version after TLS 1.3 too. */
  readonly newerVersion: boolean | null;
  /** Reserved values in the lists (RFC 8701). */
  readonly grease: boolean | null;
  /** A hello of 400 bytes. Some old devices never answer one of 256 to 511. */
  readonly mediumHello: boolean | null;
  /** A hello of 16,000 bytes. */
  readonly longHello: boolean | null;
}

/** Signature schemes with which the server signs, best first. Null: not tested, or not spoken. */
export interface SignaturesReport {
  readonly 'TLSv1.2': readonly string[] | null;
  readonly 'TLSv1.3': readonly string[] | null;
}
