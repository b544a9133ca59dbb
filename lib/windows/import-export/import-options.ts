import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { KeyProvider } from '../key/providers.js';
import { type PfxLimits } from '../../formats/pfx/limits.js';
import type { StoreLocation } from '../store/locations.js';
import { CertificateStore } from '../store/store.js';

export interface ImportOptions {
  /** Default none. None and '' are tried as one another: programs write both for "no password". */
  readonly password?: string | undefined;
  /** Whose store and key it becomes, if `store` does not say; default 'CurrentUser'. Other than that: the machine's. */
  readonly location?: StoreLocation | undefined;
  /**
   * Where certificates with a key go, and those of other people without; default 'MY'. Authorities go to CA and Root of
   * the same location. A store that you opened yourself closes what the result has when you close it.
   */
  readonly store?: string | CertificateStore | undefined;
  /** Whether the keys can be exported again. Default false. */
  readonly exportable?: boolean | undefined;
  /** Default 'software', in which a program can use a key unattended. What the file says of a provider does not count. */
  readonly provider?: KeyProvider | undefined;
  /** Default the name that the file gives to each certificate that has a key. */
  readonly friendlyName?: string | undefined;
  /**
   * Whether self-signed certificates go to Root, where everything they issued is trusted. Windows asks the person at
   * the machine, except for the machine's own store. Default false: they are reported as 'not-added'.
   */
  readonly trustRoot?: boolean | undefined;
  /**
   * What happens when a certificate with a key is there already. 'keep' (default): stays as it is, with its key if that
   * can be used, else with that of the file; 'replace': has the key of the file; 'error': ERR_SCHANNEL_STORE_EXISTS.
   */
  readonly onExisting?: 'keep' | 'replace' | 'error' | undefined;
  /** Of size, number and work; those that are left out have their defaults. */
  readonly limits?: Partial<PfxLimits> | undefined;
  /** Gives up, and takes back what was added. */
  readonly signal?: AbortSignal | undefined;
}

/** The options that are about reading the file. */
export type ReadImportOptions = Pick<ImportOptions, 'password' | 'limits' | 'signal'>;

/** The options that are about what becomes of what was read. */
export type RunImportOptions = Omit<ImportOptions, 'password' | 'limits'>;

/** Refuses by name what would otherwise fail late, or not at all. @throws TypeError ERR_INVALID_ARG_TYPE, _VALUE */
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
