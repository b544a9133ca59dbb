import { printable } from '../../../base/text/printable.js';
import type { Conclusion, ConclusionCode } from './conclusion.js';
import { conclude } from './conclude.js';
import type { DiagnosedTarget, Evidence, OwnCertificate, ProxySetting } from './evidence.js';

/** Why a connection works or not. As JSON it has the form of docs/schannel-doctor-connection-1.schema.json. */
export interface ConnectionDiagnosis {
  readonly format: 'schannel-doctor-connection/1';
  /** When it began, ISO 8601. */
  readonly time: string;
  readonly target: DiagnosedTarget;
  /** Nothing fails. Without Schannel, only what could be looked at counts. */
  readonly ok: boolean;
  /** The code of the first conclusion that fails; null for none. */
  readonly cause: ConclusionCode | null;
  /** In the order of a connection. */
  readonly conclusions: readonly Conclusion[];
  /** The release of Windows; null without Schannel. */
  readonly machine: { readonly release: string; readonly wine: string | null } | null;
  /** What was negotiated; null if nothing was. */
  readonly connection: { readonly protocol: string | null; readonly cipherSuite: string | null } | null;
  /** Versions and suites that this machine or the server has. */
  readonly settings: readonly DiagnosedSetting[];
  /** Names of the authorities whose certificates the server accepts; null if it did not ask or they are not known. */
  readonly authorities: readonly string[] | null;
  /** Certificates of this account and this machine; null if none was asked for. */
  readonly certificates: readonly OwnCertificate[] | null;
  readonly proxies: readonly ProxySetting[];
}

/** A version or a suite. */
export interface DiagnosedSetting {
  readonly subject: string;
  readonly kind: 'version' | 'suite';
  /** Whether this machine has it. */
  readonly here: 'yes' | 'no' | 'unknown';
  /** Whether the server accepts it; null if that is not known. */
  readonly there: boolean | null;
  /** The rule that decides here. */
  readonly rule: string;
  readonly why: string;
}

/** The report on some evidence. */
export function diagnosisOf(evidence: Evidence, time: Date): ConnectionDiagnosis {
  const conclusions = conclude(evidence).map((each) => ({
    ...each,
    // Names in certificates and messages are words of others.
    text: printable(each.text),
    meaning: each.meaning === null ? null : printable(each.meaning),
    remedy: each.remedy === null ? null : printable(each.remedy),
  }));
  const failure = conclusions.find(({ verdict }) => verdict === 'fails');
  const { target, machine, attempt, certificates, proxies } = evidence;
  return {
    format: 'schannel-doctor-connection/1',
    time: time.toISOString(),
    target,
    ok: failure === undefined,
    cause: failure?.code ?? null,
    conclusions,
    machine: machine && { release: machine.release, wine: machine.wine },
    connection: attempt?.connected ?? null,
    settings: (machine?.compared ?? [])
      .filter(({ decision, seen }) => decision.answer !== 'no' || seen !== false)
      .map(({ decision: { subject, kind, answer, rule, text }, seen }) => ({
        ...{ subject, kind, here: answer, there: seen, rule, why: text },
      })),
    authorities: attempt?.authorities ?? null,
    certificates,
    proxies,
  };
}
