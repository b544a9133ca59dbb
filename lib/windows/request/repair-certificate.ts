import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { native } from '../../native/load.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { checkBoolean, checkInteger } from '../key/arguments.js';
import type { Certificate } from '../store/certificate.js';
import { findCertificate } from '../store/find-certificate.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';
import { DEFAULT_KEY_LIMIT, findKey, type KeySearchOptions } from './find-key.js';

/** The result of a repair. */
export interface RepairResult {
  /** 'CurrentUser\\MY\\<thumbprint>' */
  readonly reference: string;
  /** 'usable': nothing was changed; 'repaired': the certificate now names its key. */
  readonly action: 'usable' | 'repaired';
  /** Where the key is. */
  readonly keyLocation: NativeKeyLocation;
  /** How many keys were opened to find it. */
  readonly tried: number;
}

/**
 * Finds the private key of a certificate that has lost it, and links them again, as "certutil -repairstore" does. That
 * helps if the key is still on this machine: for example if a certificate was imported where its request had to be
 * completed.
 *
 * A certificate of the user is searched for among the user's keys, then the machine's; one of the machine only among
 * the machine's, since services cannot use others. Smart cards are left out.
 *
 * @param certificate of a store, or its reference or thumbprint
 * @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND if no key fits; ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND,
 *   ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_STORE_ACCESS_DENIED
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE; AbortError
 */
export async function repairCertificate(
  certificate: Certificate | string,
  options: KeySearchOptions = {},
): Promise<RepairResult> {
  checkBoolean('silent', options.silent);
  checkInteger('limit', options.limit, 1, 1_000_000);
  const found = typeof certificate === 'string' ? await findCertificate(certificate) : certificate;
  try {
    return await repair(found, options);
  } finally {
    if (found !== certificate) found.close();
  }
}

async function repair(certificate: Certificate, options: KeySearchOptions): Promise<RepairResult> {
  const { reference, keyLocation } = certificate;
  const store = reference === null ? null : parseReference(reference).store;
  if (reference === null || store === null) throw inNoStore();
  if (keyLocation !== null && (await certificate.inspectKey())?.usable === true) {
    return { reference, action: 'usable', keyLocation, tried: 0 };
  }
  let tried = 0;
  let complete = true;
  for (const machine of store.location === 'CurrentUser' ? [false, true] : [true]) {
    const limit = (options.limit ?? DEFAULT_KEY_LIMIT) - tried;
    const search = await findKey(native(), certificate.publicKey, machine, { ...options, limit });
    tried += search.tried;
    complete &&= search.complete;
    if (search.location !== null) {
      using opened = await openStore(store.path, { archived: true });
      // Wine keeps a location only if it is set before the certificate is added.
      using repaired = await opened.add(certificate, { onExisting: 'replace', keyLocation: search.location });
      return { reference, action: 'repaired', keyLocation: repaired.keyLocation ?? search.location, tried };
    }
  }
  throw noKey(certificate, tried, complete);
}

function noKey({ subject }: Certificate, tried: number, complete: boolean): SchannelError {
  const where = complete
    ? `none of ${tried} keys on this machine is its own`
    : `none of the first ${tried} keys is its own`;
  return new SchannelError(
    'ERR_SCHANNEL_KEY_NOT_FOUND',
    `The private key of ${printable(subject)} was not found: ${where}`,
    {
      phase: 'key',
      advice: complete
        ? 'It may be that of another account or machine, or on a smart card. Import the PFX, or make a new request.'
        : 'Raise the limit.',
    },
  );
}

const inNoStore = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND', 'The certificate is in no store', {
    phase: 'store',
    advice: 'Give a certificate of a store, or its reference.',
  });
