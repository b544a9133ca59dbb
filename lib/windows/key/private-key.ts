import { createPublicKey, type KeyObject } from 'node:crypto';
import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type { NativeKey, NativeKeyLocation, NativeStores } from '../../native/store-binding.js';
import { checkBoolean, checkBytes, checkName, checkOneOf } from './arguments.js';
import { type DecryptOptions, decryptSchemeOf } from './decrypt-scheme.js';
import { type Digest, digestBytes, digestOf } from './digest.js';
import { exportFrom } from './export.js';
import { factsOf, type KeyFacts } from './facts.js';
import type * as rightsApi from './rights.js';
import type { GrantOptions, KeyRights, RightsChange, RightsNative } from './rights.js';
import { signedPart, type SignOptions, signSchemeOf, toDerSignature } from './sign-scheme.js';
import { closeNative, remove } from './stored-keys.js';
import { decryptFailure, signFailure, zeroSignature } from './unable.js';

/** The functions of the add-on that a key uses. */
export type KeyNative = RightsNative & Pick<NativeStores, 'deleteKey'>;

/** Programs that only connect load every module that is imported above, and few ask for rights. */
const loadRights = (): Promise<typeof rightsApi> => import('./rights.js');

/** The parts of a {@link PrivateKey}. */
export interface PrivateKeyParts {
  readonly native: NativeKey;
  /** Where it is kept. */
  readonly location: NativeKeyLocation;
  /** From another source, for a provider that does not report it. */
  readonly publicKey?: KeyObject | undefined;
}

export interface ExportOptions {
  /** Default 'pem'. */
  readonly format?: 'pem' | 'der' | undefined;
  /** Encrypts (PBES2 with AES-256-CBC). Default: not encrypted. */
  readonly passphrase?: string | undefined;
}

/**
 * A private key in Windows: in a file of the user, a TPM, or a smart card. Its bytes stay there unless they are
 * exported. Every operation runs on a worker thread, and may wait for a user to enter a PIN.
 *
 * Close it when it is no longer needed. The key itself exists until {@link PrivateKey.delete}.
 */
export class PrivateKey implements Disposable, AsyncDisposable {
  readonly facts: KeyFacts;
  /** Where Windows keeps it. A certificate with this location has this key. */
  readonly location: NativeKeyLocation;
  readonly #native: NativeKey;
  readonly #publicKey: KeyObject | null;
  readonly #stores: KeyNative;
  readonly #uses = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  /** Keys come from generateKey(), importKey(), openKey() and Certificate.openPrivateKey(). */
  constructor(stores: KeyNative, { native, location, publicKey }: PrivateKeyParts) {
    this.#stores = stores;
    this.#native = native;
    this.location = location;
    this.#publicKey = publicKeyOf(native) ?? publicKey ?? null;
    this.facts = factsOf(native.facts, this.#publicKey);
  }

  /** @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED if the provider does not report it */
  get publicKey(): KeyObject {
    if (this.#publicKey !== null) return this.#publicKey;
    throw new SchannelError(
      'ERR_SCHANNEL_KEY_UNSUPPORTED',
      'The provider of the private key does not report its public key',
      { phase: 'key', advice: 'Take it from the certificate of the key.' },
    );
  }

  /**
   * Signs as crypto.sign() does.
   *
   * @param algorithm digest: 'sha256', 'sha384', 'sha512', 'sha1' or 'md5'. Windows gets the digest of the data
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_CRYPTO_INVALID_DIGEST
   * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED for what the provider does not support, such as PSS in a CSP;
   *   ERR_SCHANNEL_KEY_DIALOG, ERR_SCHANNEL_KEY_CANCELLED, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_USAGE_CLOSED
   */
  async sign(algorithm: string, data: Uint8Array, options: SignOptions = {}): Promise<Buffer> {
    const digest = digestOf(algorithm);
    checkBytes('data', data);
    return this.#sign(digest, digestBytes(digest, data), options);
  }

  /** As {@link sign}, with the digest instead of the data. */
  async signDigest(algorithm: string, digest: Uint8Array, options: SignOptions = {}): Promise<Buffer> {
    const kind = digestOf(algorithm);
    checkDigest(digest, kind);
    return this.#sign(kind, digest, options);
  }

  async #sign(digest: Digest, bytes: Uint8Array, options: SignOptions): Promise<Buffer> {
    const scheme = signSchemeOf(this.facts, digest, options);
    this.#checkOpen();
    const signature = await this.#using(
      callNative<Uint8Array>({ phase: 'key', text: 'The private key did not sign' }, (callback) =>
        this.#native.sign(signedPart(this.facts, bytes), scheme, callback),
      ),
    ).catch((error: unknown) => {
      throw signFailure(error, this.facts, scheme);
    });
    const failure = zeroSignature(signature, this.facts, scheme);
    if (failure !== null) throw failure;
    const isDer = scheme.padding === 'none' && options.dsaEncoding !== 'ieee-p1363';
    return isDer ? toDerSignature(signature) : asBuffer(signature);
  }

  /**
   * Decrypts with an RSA key as crypto.privateDecrypt() does.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_CRYPTO_INVALID_DIGEST
   * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED for another type of key, or a padding that the provider does
   *   not support; ERR_SCHANNEL_SYSTEM_FAILURE for data that was not encrypted for this key; as {@link sign}
   */
  async decrypt(data: Uint8Array, options: DecryptOptions = {}): Promise<Buffer> {
    checkBytes('data', data);
    const scheme = decryptSchemeOf(this.facts, options);
    this.#checkOpen();
    const plaintext = await this.#using(
      callNative<Uint8Array>({ phase: 'key', text: 'The private key did not decrypt' }, (callback) =>
        this.#native.decrypt(data, scheme, callback),
      ),
    ).catch((error: unknown) => {
      throw decryptFailure(error, this.facts, scheme);
    });
    return asBuffer(plaintext);
  }

  /**
   * The private key itself as PKCS #8.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_NOT_EXPORTABLE if it was created or imported as not exportable, or is in
   *   hardware
   */
  export(options: ExportOptions & { readonly format: 'der' }): Promise<Buffer>;
  export(options?: ExportOptions & { readonly format?: 'pem' | undefined }): Promise<string>;
  async export({ format = 'pem', passphrase }: ExportOptions = {}): Promise<string | Buffer> {
    checkOneOf('format', ['pem', 'der'], format);
    checkName('passphrase', passphrase);
    const key = await this.exportKeyObject();
    const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
    return format === 'pem'
      ? key.export({ type: 'pkcs8', format, ...encryption })
      : key.export({ type: 'pkcs8', format, ...encryption });
  }

  /** The private key itself, for node:crypto. @throws as {@link export} */
  async exportKeyObject(): Promise<KeyObject> {
    this.#checkOpen();
    return this.#using(exportFrom(this.#native, this.facts));
  }

  /**
   * Who may use the key. It is opened again for that, without a dialog.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED if the provider keeps no rights for its keys, such as one of
   *   smart cards; ERR_SCHANNEL_KEY_RIGHTS_DAMAGED; ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_ACCESS_DENIED,
   *   ERR_SCHANNEL_KEY_DIALOG
   */
  async rights(): Promise<KeyRights> {
    const { rightsOf } = await loadRights();
    return rightsOf(this.#stores, this.location);
  }

  /**
   * Lets an account use the key. Rights of others stay as they are. The change is read back, and undone if the provider
   * did not keep it. Only keys of the machine are of use to other accounts.
   *
   * @param account 'DOMAIN\\name', 'IIS AppPool\\name', 'NT SERVICE\\name', or a security identifier: 'S-1-5-20'
   * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   * @throws SchannelError ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND; ERR_SCHANNEL_KEY_ACCESS_DENIED if this account may not
   *   change the rights; ERR_SCHANNEL_KEY_RIGHTS_DENIED if an entry denies the account the key;
   *   ERR_SCHANNEL_KEY_RIGHTS_NOT_CHANGED; as {@link rights}
   */
  async grant(account: string, options: GrantOptions = {}): Promise<RightsChange> {
    checkOneOf('access', ['use', 'full'], options.access);
    checkBoolean('dryRun', options.dryRun);
    const { grantTo } = await loadRights();
    return grantTo(this.#stores, this.location, account, options);
  }

  /**
   * Takes away what was granted to an account itself. What it may do as a member of a group, and what the key inherits
   * from its folder, stays. SYSTEM, Administrators and the account of this process keep their rights.
   *
   * @throws as {@link grant}
   */
  async revokeGrant(account: string, options: Pick<GrantOptions, 'dryRun'> = {}): Promise<RightsChange> {
    checkBoolean('dryRun', options.dryRun);
    const { revokeFrom } = await loadRights();
    return revokeFrom(this.#stores, this.location, account, options);
  }

  /**
   * Deletes the key permanently and closes this object. In a CSP its whole container is deleted, in a TPM or smart
   * card what its provider deletes.
   */
  async delete(): Promise<void> {
    await this.close();
    await remove(this.#stores, this.location);
  }

  /** Closes the handle after pending operations have ended. The key itself stays. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAfterUses();
    return this.#closing;
  }

  /** Windows' threads take turns in no order: a close that was asked for later could come first. */
  async #closeAfterUses(): Promise<void> {
    await Promise.allSettled(this.#uses);
    await closeNative(this.#native);
  }

  /** Waits for an operation, and has {@link close} wait for it. */
  async #using<Value>(use: Promise<Value>): Promise<Value> {
    this.#uses.add(use);
    try {
      return await use;
    } finally {
      this.#uses.delete(use);
    }
  }

  /** {@link close} without waiting for its end. */
  [Symbol.dispose](): void {
    void this.close().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closing === null) return;
    throw new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', 'The private key was used after it was closed', {
      phase: 'key',
    });
  }
}

function publicKeyOf({ publicKey }: NativeKey): KeyObject | null {
  return publicKey === null
    ? null
    : createPublicKey({ key: asBuffer(publicKey), format: 'der', type: 'spki' });
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checkDigest(bytes: Uint8Array, { name, size }: Digest): void {
  checkBytes('digest', bytes);
  if (bytes.length === size) return;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'digest' must have the ${size} bytes of ${name}. Received ${bytes.length}`,
  );
}
