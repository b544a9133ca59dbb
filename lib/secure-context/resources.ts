import { TrustCache } from '../certificate/trust.js';
import { native } from '../native/load.js';
import { CredentialCache } from './credential-cache.js';

/** The native resources that all connections of this thread share. */
interface Resources {
  readonly credentials: CredentialCache;
  readonly trusts: TrustCache;
}

let shared: Resources | undefined;

/** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export function resources(): Resources {
  shared ??= { credentials: new CredentialCache(native()), trusts: new TrustCache(native()) };
  return shared;
}

/** Gives back every credential and chain engine that no connection uses; sessions made with them are not resumed. */
export function releaseUnusedResources(): void {
  shared?.credentials.clear();
  shared?.trusts.clear();
}
