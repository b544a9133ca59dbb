import { native } from '../../native/load.js';
import { temporaryIdentitiesSettled } from '../../windows/temporary-identity/temporary-identities.js';
import { TrustCache } from '../../windows/trust/trust.js';
import { releaseCredentials } from './credentials.js';

let sharedTrusts: TrustCache | undefined;

/** The chain engines of this thread. @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export const trusts = (): TrustCache => (sharedTrusts ??= new TrustCache(native()));

/**
 * Releases every credential and chain engine that no connection uses. Sessions made with them can't be resumed.
 * @returns when Windows has released all of it and has deleted the keys that came from files
 */
export async function releaseUnusedResources(): Promise<void> {
  await Promise.all([releaseCredentials(), sharedTrusts?.clear()]);
  await temporaryIdentitiesSettled();
}
