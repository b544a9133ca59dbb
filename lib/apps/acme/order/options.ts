import type { Clock } from '../../../base/async/clock.js';
import type { ChallengeSolver } from '../challenge/solver.js';
import type { AcmeClient, Chain } from '../protocol/client.js';
import type { Identifier } from '../protocol/resources.js';
import type { CertificateKey, CertificateKeys, KeyPlan } from './keys.js';
import type { OrderLogEntry } from './log.js';

export interface OrderRequest<Key extends CertificateKey> {
  /** Its account must be known: {@link AcmeClient.register} or {@link AcmeClient.findAccount}. */
  readonly client: AcmeClient;
  /**
   * Path of the journal: one file for each set of names, which only one process uses at a time. Its folder must be
   * there. After a crash, the next call with the same file goes on where the first one stopped.
   */
  readonly journal: string;
  /** Host names, wildcards and IP addresses. The first one is the common name of the certificate, if it has one. */
  readonly names: readonly string[];
  /** The first one that can serve a name, and that the server offers, is used. */
  readonly solvers: readonly ChallengeSolver[];
  readonly keys: CertificateKeys<Key>;
  /**
   * Puts the certificate where it is used. The key is closed afterwards. If this fails or the process is killed, the
   * next call gets the same certificate again: it must be ready to find it in place already.
   */
  readonly place: (issued: IssuedCertificate<Key>) => Promise<void>;
  /** A profile of the server (draft-aaron-acme-profiles). Default: 'shortlived' for addresses where there is one. */
  readonly profile?: string | undefined;
  /** A profile that is used if the server has it. */
  readonly preferProfile?: string | undefined;
  /** The certificate (DER) that the new one replaces. A server that doesn't accept that gets the order without it. */
  readonly replaces?: Uint8Array | undefined;
  /** Common name of the authority at the top of the preferred chain. Default: the server's first chain. */
  readonly preferredChain?: string | undefined;
  /**
   * Whether names that public authorities never certify are sent anyway: 'printer.local', 'intranet',
   * '192.168.1.1'. Default: if the server itself has such a name.
   */
  readonly privateNames?: boolean | undefined;
  /** Most minutes that the server may take to decide. Default 10. */
  readonly patience?: number | undefined;
  readonly log?: ((entry: OrderLogEntry) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A certificate that was checked: it has the key and every name, is valid now, and its chain is whole. */
export interface IssuedCertificate<Key extends CertificateKey> {
  /** The certificate and the authorities above it, without the root. */
  readonly chain: Chain;
  readonly key: Key;
  /** Where the key is. */
  readonly keyPlan: KeyPlan;
  readonly names: readonly Identifier[];
  /** URL of the order. */
  readonly order: string;
  /** Null if none was asked for. */
  readonly profile: string | null;
}
