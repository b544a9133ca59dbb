import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { KeyProvider } from '../key/providers.js';
import { type PfxLimits } from '../../formats/pfx/limits.js';
import type { StoreLocation } from '../store/locations.js';
import { CertificateStore } from '../store/store.js';

export interface ImportOptions {
  /** Default none. None and '' are equivalent: programs use both for "no password". */
  readonly password?: string | undefined;
  /** The location of the stores and keys, if `store` does not say so: 'CurrentUser' (default) or the machine's. */
  readonly location?: StoreLocation | undefined;
  /**
   * The store for certificates with a key, and for those of other people without; default 'MY'. Authorities are added
   * to CA and Root of the same location. If you pass an open store, closing it also closes the certificates of the
   * result.
   */
  readonly store?: string | CertificateStore | undefined;
  /** Whether the keys can be exported again. Default false. */
  readonly exportable?: boolean | undefined;
  /** Default 'software', which a program can use unattended. The provider named in the file is ignored. */
  readonly provider?: KeyProvider | undefined;
  /** Default the name in the file, for each certificate with a key. */
  readonly friendlyName?: string | undefined;
  /**
   * Whether self-signed certificates are added to Root, where everything that they issued is trusted. Windows asks the
   * user at the machine, except for the machine's store. Default false: they are reported as 'not-added'.
   */
  readonly trustRoot?: boolean | undefined;
  /**
   * What to do if a certificate with a key is there already. 'keep' (default): keep it with its key, or give it the
   * file's key if its own can't be used; 'replace': give it the file's key; 'error': ERR_SCHANNEL_STORE_EXISTS.
   */
  readonly onExisting?: 'keep' | 'replace' | 'error' | undefined;
  /** Limits on size, number and work. Missing ones have their defaults. */
  readonly limits?: Partial<PfxLimits> | undefined;
  /** Cancels the import and removes what was added. */
  readonly signal?: AbortSignal | undefined;
}

/** The options for reading the file. */
export type ReadImportOptions = Pick<ImportOptions, 'password' | 'limits' | 'signal'>;

/** The options for importing what was read. */
export type RunImportOptions = Omit<ImportOptions, 'password' | 'limits'>;

/**
 * Refuses options by name that would otherwise fail late, or be ignored. @throws TypeError ERR_INVALID_ARG_TYPE,
 * _VALUE
 */
export function checkImportOptions(options: ImportOptions): void {
  for (const name of ['password', 'location', 'provider', 'friendlyName'] as const) {
    checkType(name, 'string', options[name]);
  }
  for (const name of ['exportable', 'trustRoot'] as const) checkType(name, 'boolean', options[name]);
  const { store, onExisting, limits, signal } = options;
  if (store !== undefined && typeof store !== 'string' && !(store instanceof CertificateStore)) {
    throw invalidType('store', 'of type string or an instance of CertificateStore', store);
  }
  if (onExisting !== undefined && !['keep', 'replace', 'error'].includes(onExisting)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'onExisting' is invalid: ${onExisting as string}`,
    );
  }
  for (const [name, limit] of Object.entries(limits ?? {})) checkType(`limits.${name}`, 'number', limit);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType('signal', 'an instance of AbortSignal', signal);
  }
}

function checkType(name: string, type: 'string' | 'boolean' | 'number', value: unknown): void {
  if (value !== undefined && typeof value !== type) throw invalidType(name, `of type ${type}`, value);
}
