import { SchannelError } from '../../base/errors/schannel-error.js';
import { checkBoolean } from '../key/arguments.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';
import { findPending, type ListedRequest } from './pending-requests.js';

export interface CancelOptions {
  /** Also delete the private key permanently. Default false. */
  readonly withKey?: boolean | undefined;
}

/**
 * Gives up a pending request: removes its entry from the store REQUEST. Its key stays unless asked for, so that a
 * certificate that still comes can be completed with `searchKeys`.
 *
 * @param name reference or friendly name
 * @returns what was removed
 * @throws SchannelError ERR_SCHANNEL_REQUEST_NOT_FOUND, ERR_SCHANNEL_REQUEST_AMBIGUOUS;
 *   ERR_SCHANNEL_STORE_KEY_SHARED if a certificate has the key, before anything is removed; errors of store and key
 */
export async function cancelRequest(
  name: string,
  { withKey = false }: CancelOptions = {},
): Promise<ListedRequest> {
  checkBoolean('withKey', withKey);
  const request = await findPending(name);
  if (withKey) refuseIfUsed(request);
  const { store, thumbprint } = parseReference(request.reference);
  using requests = await openStore(store?.path ?? '');
  await requests.remove(thumbprint, { withKey });
  return request;
}

function refuseIfUsed({ reference, certificates }: ListedRequest): void {
  const [user] = certificates;
  if (user === undefined) return;
  throw new SchannelError(
    'ERR_SCHANNEL_STORE_KEY_SHARED',
    `The private key of ${reference} is that of the certificate ${user} too`,
    { phase: 'store', advice: 'Cancel the request without its key.' },
  );
}
