import type { Certificate } from '../store/certificate.js';
import type { Placement } from './execute-plan.js';

/** The result of an import. Disposing it closes its certificates; they stay in their stores. */
export interface ImportResult extends Disposable {
  /** Certificates with a key, the file's leaf first. */
  readonly identities: readonly Certificate[];
  /** Certificates without a key that are not authorities; in the same store. */
  readonly certificates: readonly Certificate[];
  /** Intermediate authorities. */
  readonly authorities: readonly Certificate[];
  /** Self-signed certificates, including those among the identities. */
  readonly roots: readonly {
    readonly certificate: Certificate;
    readonly action: Placement<Certificate>['action'];
  }[];
  /** All certificates, each with its result. */
  readonly placements: readonly Placement<Certificate>[];
  /** How many keys were ignored, since the file has no certificate for them. */
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
