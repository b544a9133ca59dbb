import type { IdentitySource } from '../identity/identity-source.js';
import type { NativePlatform } from '../../native/binding.js';
import type { Lease } from '../../base/async/lease-cache.js';
import type { Credential } from '../secure-context/credential-cache.js';
import { resources } from '../secure-context/resources.js';
import type { SecureContext } from '../secure-context/secure-context.js';

/** What a server's credential is made of beside its identity. */
export interface ServerCredentialSettings {
  readonly context: SecureContext;
  readonly platform: NativePlatform;
  readonly requestCert: boolean;
}

/** @throws SchannelError when Windows refuses the configuration, or the identity cannot be had */
export function leaseServerCredential(
  { context, platform, requestCert }: ServerCredentialSettings,
  source: IdentitySource,
): Promise<Lease<Credential>> {
  const request = context.serverCredentialRequest(platform, requestCert);
  // A session that was begun without a certificate is not to be resumed where one is asked for.
  const audience = requestCert ? 'known clients' : '';
  return resources().credentials.lease(request, source, audience);
}
