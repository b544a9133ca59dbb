import { argumentError } from '../../base/errors/argument-error.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { defaultOnExisting, isOnExisting, type OnExisting } from './dispositions.js';
import type { StoreLocation } from './locations.js';

export interface OpenStoreOptions {
  /** Where the store is, if its name does not say; default 'CurrentUser'. */
  readonly location?: StoreLocation;
  /** Ask for no right to write. Default false: what this account may do decides. */
  readonly readOnly?: boolean;
  /** Make the store if there is none. Default false, since a mistyped name would make one. */
  readonly create?: boolean;
  /** Also list archived certificates. Default false, as in Windows. */
  readonly archived?: boolean;
}

export interface AddCertificateOptions {
  /**
   * What to do when it is there already: 'error' (ERR_SCHANNEL_STORE_EXISTS), 'keep', 'replace', or 'inherit': replace,
   * and keep name and key where none come along. Default 'keep' for authorities (Root, CA, AuthRoot), else 'inherit'.
   */
  readonly onExisting?: OnExisting;
  readonly friendlyName?: string;
  /** Where its private key is. */
  readonly keyLocation?: NativeKeyLocation;
  /** Says that this is meant: a root in CurrentUser\Root is trusted by whatever this user runs. */
  readonly trustRoot?: boolean;
}

export interface RemoveCertificateOptions {
  /** Delete its private key too, for good. Default false. */
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
