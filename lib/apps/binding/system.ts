import { SchannelError } from '../../base/errors/schannel-error.js';
import { asciiName, isForHost } from '../../formats/x509/host-match.js';
import { native } from '../../native/load.js';
import type { Finding } from '../../tls/identity/preflight/finding.js';
import { preflight } from '../../tls/identity/preflight/preflight.js';
import type { BindingAddon } from '../../windows/binding/records.js';
import { listenersOn, type PortListener } from '../../windows/port/port-owner.js';
import { findCertificate } from '../../windows/store/find-certificate.js';

/** A certificate as far as a binding needs it. */
export interface ExaminedCertificate {
  /** SHA-1, upper case. */
  readonly thumbprint: string;
  readonly subject: string;
  readonly validTo: Date;
  /** What keeps servers from using it. */
  readonly findings: readonly Finding[];
  /** Whether it is for a name, or for a wildcard of names. */
  readonly isFor: (host: string) => boolean;
}

/** What bindings need of Windows; a script in tests. */
export interface BindingSystem {
  readonly addon: BindingAddon;
  /** The certificate of a thumbprint in a store of LocalMachine; null if it is not there. */
  readonly examine: (thumbprint: string, store: string) => Promise<ExaminedCertificate | null>;
  /** What listens on ports; null if it can't be found out. */
  readonly listenersOn: (ports: ReadonlySet<number>) => Promise<readonly PortListener[] | null>;
  readonly now: () => number;
}

export const thisSystem = (): BindingSystem => ({ addon: native(), examine, listenersOn, now: Date.now });

async function examine(thumbprint: string, store: string): Promise<ExaminedCertificate | null> {
  try {
    const certificate = await findCertificate(`LocalMachine\\${store}\\${thumbprint}`);
    try {
      const { findings } = await preflight(certificate, 'server');
      const { thumbprint: sha1, subject, validTo, dnsNames, commonName } = certificate;
      const isFor = (host: string): boolean => isForHost({ dnsNames, commonName }, asciiName(host));
      return { thumbprint: sha1, subject, validTo, findings, isFor };
    } finally {
      certificate.close();
    }
  } catch (error) {
    if (error instanceof SchannelError && NOT_THERE.has(error.code)) return null;
    throw error;
  }
}

/** WebHosting is not on every machine. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
  'ERR_SCHANNEL_STORE_NOT_FOUND',
]);
