import type { SecretName, Settings } from './schema.js';
import type { NewLogEntry } from './log.js';

/** What is known of one of the names of a certificate. */
export interface NameStatus {
  readonly name: string;
  /** 'confirmed': it is in the certificate. */
  readonly state: 'confirmed' | 'waiting' | 'failed';
  /** What the authority says of it; null if it says nothing. */
  readonly problem: string | null;
}

/** What is known of one certificate, or of one that is to come. */
export interface CertificateStatus {
  readonly names: readonly NameStatus[];
  /** 'failing': there is none, or it can't be renewed. */
  readonly state: 'missing' | 'working' | 'valid' | 'due' | 'failing';
  readonly thumbprint: string | null;
  readonly issuer: string | null;
  readonly notAfter: Date | null;
  /** When something is done next; null for nothing. */
  readonly next: Date | null;
  /** Why then, in a sentence: 'The authority suggests this time.' */
  readonly reason: string;
  /** What went wrong the last time; null for nothing. */
  readonly failure: {
    readonly code: string;
    readonly message: string;
    readonly advice: string | null;
    /** Null if it is not known. */
    readonly at: Date | null;
  } | null;
}

/** Gets certificates and renews them: what the page needs of it. */
export interface PageManager {
  status(): Promise<readonly CertificateStatus[]>;
  /** Gets what is missing and renews what is due. What fails is in the status and the log. */
  check(): Promise<void>;
  /** From now on it does so by itself. */
  start(): void;
  stop(): Promise<void>;
}

/** The settings, and the secrets that can be read. */
export interface ManagerSettings {
  readonly settings: Settings;
  readonly secrets: Readonly<Partial<Record<SecretName, string>>>;
  readonly log: (entry: NewLogEntry) => void;
  /** To be called if the status may have changed. */
  readonly changed: () => void;
}

export type CreatePageManager = (settings: ManagerSettings) => Promise<PageManager>;

/** An account of a DNS service. */
export interface DnsAccount {
  readonly id: string;
  readonly name: string;
}

/** What else the page can have done on the machine. */
export interface PageTools {
  dnsAccounts(settings: ManagerSettings): Promise<readonly DnsAccount[]>;
  importCertificates(settings: ManagerSettings): Promise<readonly ImportedFile[]>;
  /** Who has the port; null if it is free. */
  portOwner(port: number, address: string): Promise<string | null>;
}

/** One file of an imported folder. */
export interface ImportedFile {
  readonly file: string;
  readonly outcome: 'imported' | 'skipped' | 'failed';
  /** Subjects of its certificates, or why it failed. */
  readonly text: string;
}
