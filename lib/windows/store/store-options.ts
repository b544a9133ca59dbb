import { argumentError } from '../../base/errors/argument-error.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { defaultOnExisting, isOnExisting, type OnExisting } from './dispositions.js';
import type { StoreLocation } from './locations.js';

export interface OpenStoreOptions {
  /** Where the store is, if its name does not say so. Default 'CurrentUser'. */
  readonly location?: StoreLocation;
  /** Open it for reading only. Default false: writing is possible if this account may write. */
  readonly readOnly?: boolean;
  /** Create the store if it does not exist. Default false, since a mistyped name would create one. */
  readonly create?: boolean;
  /** Also list archived certificates. Default false, as in Windows. */
  readonly archived?: boolean;
}

export interface AddCertificateOptions {
  /**
   * What to do if it is in the store already: 'error' (ERR_SCHANNEL_STORE_EXISTS), 'keep', 'replace', or 'inherit':
   * replace it, and keep its name and key unless new ones are given. Default 'keep' for authorities (Root, CA,
   * AuthRoot), else 'inherit'.
   */
  readonly onExisting?: OnExisting;
  readonly friendlyName?: string;
  /** Where its private key is. */
  readonly keyLocation?: NativeKeyLocation;
  /** Confirms that a root in CurrentUser\Root will be trusted by every program of this user. */
  readonly trustRoot?: boolean;
}

export interface RemoveCertificateOptions {
  /** Also delete its private key permanently. Default false. */
  readonly withKey?: boolean;
}

/** @throws TypeError ERR_INVALID_ARG_VALUE */
export function onExistingOf({ onExisting }: AddCertificateOptions, store: string): OnExisting {
  if (onExisting === undefined) return defaultOnExisting(store);
  if (isOnExisting(onExisting)) return onExisting;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'onExisting' is invalid. Received ${String(onExisting)}`,
  );
}
