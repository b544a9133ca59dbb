import type { ClientDefaults } from '../../tls/secure-context/client-defaults.js';

/**
 * The defaults for connections that the environment of a program gives.
 * - SCHANNEL_CERTIFICATE: a certificate of Windows, by its reference or thumbprint, or `subject=…` for the newest
 *   valid one in CurrentUser\MY with this text in its subject
 * - SCHANNEL_REVOCATION: a mode of `revocation`
 *
 * Neither is checked here.
 */
export function defaultsIn(environment: Readonly<Record<string, string | undefined>>): ClientDefaults {
  const { SCHANNEL_CERTIFICATE: certificate, SCHANNEL_REVOCATION: revocation } = environment;
  const [, subject] = /^subject=(.+)$/.exec(certificate ?? '') ?? [];
  return {
    ...(certificate && { certificate: subject === undefined ? certificate : { subject } }),
    ...(revocation && { revocation: revocation as ClientDefaults['revocation'] }),
  };
}
