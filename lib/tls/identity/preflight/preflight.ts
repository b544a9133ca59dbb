import { argumentError } from '../../../base/errors/argument-error.js';
import { acquireKeyOf } from '../../../windows/key/keys.js';
import type { KeyDialogOptions } from '../../../windows/key/dialog.js';
import { native } from '../../../native/load.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import { findCertificate } from '../../../windows/store/find-certificate.js';
import { cachedChain } from '../../../windows/trust/cached-chain.js';
import { chainFindings } from './chain-findings.js';
import { contentsFindings } from './contents-findings.js';
import type { Finding, IdentityRole } from './finding.js';
import { keyFindings } from './key-findings.js';
import { placeFindings } from './place-findings.js';

/** Whether a certificate works for TLS connections, and why not. */
export interface PreflightReport {
  readonly role: IdentityRole;
  /** No finding is an error. */
  readonly usable: boolean;
  /** Errors first. */
  readonly findings: readonly Finding[];
}

/**
 * Checks in advance why Windows would not show a certificate, or why peers would refuse it. During a handshake Windows
 * reports at most a status. The key signs once or twice; nothing is changed, and the network is not used.
 *
 * @param certificate of a store, or its reference or thumbprint
 * @param role default 'client'
 * @param dialog by default no PIN is asked for, and a key that needs one is a finding
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_USAGE_CLOSED
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export async function preflight(
  certificate: Certificate | string,
  role: IdentityRole = 'client',
  dialog: KeyDialogOptions = {},
): Promise<PreflightReport> {
  // JavaScript may pass any value.
  if (!['client', 'server'].includes(role)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The argument 'role' must be 'client' or 'server'. Received ${JSON.stringify(role)}`,
    );
  }
  if (typeof certificate !== 'string') return examine(certificate, role, dialog);
  const found = await findCertificate(certificate);
  try {
    return await examine(found, role, dialog);
  } finally {
    found.close();
  }
}

async function examine(
  certificate: Certificate,
  role: IdentityRole,
  dialog: KeyDialogOptions,
): Promise<PreflightReport> {
  const { native: handle, reference, keyLocation } = certificate;
  const [ofKey, ofChain] = await Promise.all([
    keyFindings({
      isLinked: keyLocation !== null,
      get publicKey() {
        return certificate.publicKey;
      },
      withKey: async (use) => {
        const key = await acquireKeyOf(handle, { silent: true, ...dialog });
        try {
          return await use(key);
        } finally {
          await key.close();
        }
      },
    }),
    cachedChain(certificate.raw, role, native()).then(chainFindings),
  ]);
  const all = [
    ...contentsFindings(certificate, role),
    ...ofKey,
    ...placeFindings(reference, keyLocation),
    ...ofChain,
  ];
  const errors = all.filter(({ severity }) => severity === 'error');
  const warnings = all.filter(({ severity }) => severity === 'warning');
  return { role, usable: errors.length === 0, findings: [...errors, ...warnings] };
}
