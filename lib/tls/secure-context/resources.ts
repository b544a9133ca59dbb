import { TrustCache } from '../../windows/trust/trust.js';
import { chainEnd } from '../identity/chain-end.js';
import { findStored } from '../identity/find-stored.js';
import { explainRefusal } from '../identity/preflight/explain.js';
import {
  temporaryIdentities,
  type TemporaryIdentities,
} from '../../windows/temporary-identity/temporary-identities.js';
import { native } from '../../native/load.js';
import { CredentialCache } from './credential-cache.js';
import { IdentitySources } from './identity-sources.js';

/** The native resources that all connections of this thread share. */
interface Resources {
  readonly credentials: CredentialCache;
  readonly identities: IdentitySources;
  readonly trusts: TrustCache;
}

let shared: Resources | undefined;
/** Made with the first identity from files: it then looks for what an earlier process left behind. */
let temporary: TemporaryIdentities | undefined;

/** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export function resources(): Resources {
  shared ??= {
    credentials: new CredentialCache(native(), {
      explain: explainRefusal,
      endOfChain: (certificate, role) => chainEnd(certificate, role, native()),
    }),
    identities: new IdentitySources({
      stores: native(),
      temporary: {
        lease: (material, options) => {
          temporary ??= temporaryIdentities();
          return temporary.lease(material, options);
        },
      },
      find: findStored,
    }),
    trusts: new TrustCache(native()),
  };
  return shared;
}

/**
 * Gives back every credential and chain engine that no connection uses; sessions made with them are not resumed.
 * @returns when Windows has all of it back, and has deleted the keys that came from files
 */
export async function releaseUnusedResources(): Promise<void> {
  await Promise.all([shared?.credentials.clear(), shared?.trusts.clear()]);
  await temporary?.settled();
}
