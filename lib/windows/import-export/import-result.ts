import type { Certificate } from '../store/certificate.js';
import type { Placement } from './execute-plan.js';

/** What became of a file. Its certificates are closed when it is disposed of; they stay where they are. */
export interface ImportResult extends Disposable {
  /** Those with a key, the leaf of the file first. */
  readonly identities: readonly Certificate[];
  /** Those without a key that are no authorities; in the same store. */
  readonly certificates: readonly Certificate[];
  /** Intermediate authorities. */
  readonly authorities: readonly Certificate[];
  /** Self-signed ones, also where one is among the identities. */
  readonly roots: readonly {
    readonly certificate: Certificate;
    readonly action: Placement<Certificate>['action'];
  }[];
  /** All of them, with what became of each. */
  readonly placements: readonly Placement<Certificate>[];
  /** How many keys of the file were left out, since it has no certificate for them. */
  readonly keysWithoutCertificate: number;
}

export function resultOf(
  placements: readonly Placement<Certificate>[],
  keysWithoutCertificate: number,
  target: Disposable,
): ImportResult {
  const of = (role: Placement<Certificate>['role']): Certificate[] =>
    placements.filter((placement) => placement.role === role).map(({ certificate }) => certificate);
  return {
    identities: of('identity'),
    certificates: of('certificate'),
    authorities: of('authority'),
    roots: placements
      .filter(({ role }) => role === 'root')
      .map(({ certificate, action }) => ({ certificate, action })),
    placements,
    keysWithoutCertificate,
    [Symbol.dispose]: () => target[Symbol.dispose](),
  };
}
