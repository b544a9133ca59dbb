import { SchannelError } from '../../base/errors/schannel-error.js';
import { parseReference } from '../../windows/store/reference.js';
import type { BindingSystem, ExaminedCertificate } from './system.js';

/** A certificate that http.sys can use, and where it finds it. */
export interface BoundCertificate {
  readonly certificate: ExaminedCertificate;
  /** 'MY' or another store of LocalMachine. */
  readonly store: string;
}

/** Where a bare thumbprint is searched: IIS keeps certificates in both. */
const STORES = ['MY', 'WebHosting'] as const;

/**
 * Finds a certificate, and sees to it that http.sys can use it: otherwise Windows refuses with 1312 and no reason, or
 * clients do.
 *
 * @param reference a thumbprint, or 'LocalMachine\\Store\\thumbprint'
 * @param hosts names that it must be for
 * @throws SchannelError ERR_SCHANNEL_BINDING_CERTIFICATE with `reasons`, ERR_SCHANNEL_STORE_NAME
 */
export async function requireUsable(
  system: BindingSystem,
  reference: string,
  hosts: readonly string[],
): Promise<BoundCertificate> {
  const { store, thumbprint } = parseReference(reference);
  if (store !== null && store.location !== 'LocalMachine') {
    throw unusable(thumbprint, [
      `It is in ${store.path}. http.sys uses only certificates of the machine (LocalMachine).`,
    ]);
  }
  for (const each of store === null ? STORES : [store.name]) {
    const certificate = await system.examine(thumbprint, each);
    if (certificate === null) continue;
    const reasons = [...faultsOf(certificate), ...namesMissing(certificate, hosts)];
    if (reasons.length > 0) throw unusable(thumbprint, reasons);
    return { certificate, store: each };
  }
  const places = store === null ? STORES.map((each) => `LocalMachine\\${each}`).join(' or ') : store.path;
  throw unusable(thumbprint, [`It is not in ${places}.`]);
}

/** Why http.sys can't use a certificate. */
export const faultsOf = ({ findings }: ExaminedCertificate): string[] =>
  findings
    // A key of the user is only a warning for other servers: http.sys never finds it.
    .filter(({ severity, code }) => severity === 'error' || code === 'KEY_OF_USER')
    .map(({ meaning }) => meaning);

const namesMissing = ({ isFor }: ExaminedCertificate, hosts: readonly string[]): string[] =>
  hosts.filter((host) => !isFor(host)).map((host) => `It is not for ${host}.`);

const unusable = (thumbprint: string, reasons: readonly string[]): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_BINDING_CERTIFICATE',
    `http.sys can't use the certificate ${thumbprint}: ${reasons.join(' ')}`,
    { phase: 'binding', reasons, advice: `Check it: schannel cert check --server ${thumbprint}` },
  );
