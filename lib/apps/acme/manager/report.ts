import type { ProblemDocument } from '../../../base/errors/schannel-error.js';
import type { RenewalReason } from './schedule.js';
import type { ShelvedCertificate } from './shelf.js';

/** A certificate of a set, in its store. */
export interface HeldCertificate {
  /** 'LocalMachine\\MY\\<thumbprint>', for `schannel cert` and findCertificate(). */
  readonly reference: string;
  /** SHA-1. */
  readonly thumbprint: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** URL of the directory of the server that issued it. */
  readonly directory: string;
}

/** How a set of names stands. */
export interface SetStatus {
  readonly id: string;
  readonly names: readonly string[];
  /** Where its certificates are put. */
  readonly store: string;
  /** Null if there is none. */
  readonly certificate: HeldCertificate | null;
  /** When it is renewed, and whether the server suggests that; null without a certificate: as soon as possible. */
  readonly renewal: { readonly at: Date; readonly reason: RenewalReason } | null;
  /** Where the server explains when to renew; null if it does not. */
  readonly explanation: string | null;
  /** Whether a certificate is missing, or should have been renewed by now. */
  readonly due: boolean;
  /** Failures in a row. */
  readonly failures: number;
  /** When it is tried again after a failure; null if nothing failed. */
  readonly nextTry: Date | null;
  readonly lastFailure: { readonly at: Date; readonly code: string; readonly text: string } | null;
  /** Names that are left out for now, because they fail. */
  readonly dropped: readonly string[];
  /** Whether an order has been begun and not ended. */
  readonly unfinished: boolean;
  /** Why bindings or programs that follow a new certificate have failed; null if they have not. */
  readonly hookFailure: string | null;
}

/** What a check has done for a set. */
export interface SetReport extends SetStatus {
  /** 'waiting': it is due, and too early to try again. */
  readonly action: 'none' | 'issued' | 'renewed' | 'failed' | 'waiting';
  readonly error: Error | null;
}

export interface CheckReport {
  readonly sets: readonly SetReport[];
  /** How much later it is at the server, in seconds; null if it was not asked. */
  readonly clockSkew: number | null;
}

/** Something that a manager says. */
export interface ManagerLogEntry {
  readonly time: Date;
  readonly level: 'info' | 'warning';
  /** The set that it is about; null for the whole. */
  readonly set: string | null;
  /** A sentence. */
  readonly text: string;
  /** URL of the order; null if it is about none. */
  readonly order: string | null;
  readonly name: string | null;
  /** What the ACME server says; null if it says nothing. */
  readonly problem: ProblemDocument | null;
}

/** A new certificate. */
export interface Obtained {
  readonly set: string;
  readonly names: readonly string[];
  readonly certificate: HeldCertificate;
  /** The one that it replaces; null for the first one. */
  readonly former: HeldCertificate | null;
}

export const heldOf = ({ contents, reference, marker }: ShelvedCertificate): HeldCertificate => ({
  reference,
  thumbprint: contents.thumbprint,
  validFrom: contents.validFrom,
  validTo: contents.validTo,
  directory: marker.directory,
});

export interface ManagerEvents {
  /** Everything that is said, the warnings too. */
  log: [entry: ManagerLogEntry];
  /** The first certificate of a set is in its store. */
  issued: [obtained: Obtained];
  renewed: [obtained: Obtained];
  /** It is tried again by itself. */
  failed: [report: SetReport];
  /** Something that a person should look at. */
  warning: [entry: ManagerLogEntry];
}
