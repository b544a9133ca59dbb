import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Signer } from '../../formats/x509/signed.js';
import { type Addresses, addressesBelow } from './addresses.js';
import { type AuthorityCertificate, readAuthority } from './authority-certificate.js';
import type { AuthorityKey } from './authority-key.js';
import { damagedAuthority } from './errors.js';
import type { AuthorityCertificateEvent, InitEvent } from './events.js';
import type { AuthorityFolder } from './folder.js';
import type { Ledger } from './ledger.js';
import { type AuthorityState, hashOf } from './state.js';

/** An open authority: its log, and its key if that was opened. */
export class AuthorityContext {
  readonly ledger: Ledger;
  /** What an import could not take over, in sentences. */
  readonly leftOut: string[] = [];
  readonly #key: AuthorityKey | null;
  #read: { readonly event: AuthorityCertificateEvent; readonly certificate: AuthorityCertificate } | null =
    null;

  constructor(ledger: Ledger, key: AuthorityKey | null) {
    this.ledger = ledger;
    this.#key = key;
  }

  get folder(): AuthorityFolder {
    return this.ledger.folder;
  }

  get state(): AuthorityState {
    return this.ledger.state;
  }

  get init(): InitEvent {
    const { init } = this.state;
    if (init === null) throw damagedAuthority(this.folder.path, 'has an empty log');
    return init;
  }

  get hasCertificate(): boolean {
    return this.state.authority !== null;
  }

  get hasKey(): boolean {
    return this.#key !== null;
  }

  /** @throws SchannelError ERR_SCHANNEL_CA_INCOMPLETE, ERR_SCHANNEL_CA_DAMAGED */
  get authority(): AuthorityCertificate {
    const event = this.state.authority;
    if (event === null) throw incomplete(this.folder);
    if (this.#read?.event !== event) {
      const chain = [event.certificate, ...event.chain].map((each) => Buffer.from(each, 'base64'));
      this.#read = { event, certificate: this.#readChain(chain) };
    }
    return this.#read.certificate;
  }

  #readChain(chain: readonly Buffer[]): AuthorityCertificate {
    try {
      return readAuthority(chain);
    } catch (cause) {
      throw damagedAuthority(this.folder.path, 'has a certificate that cannot be read', cause);
    }
  }

  /** Where it publishes; null if it does not. */
  get addresses(): Addresses | null {
    const { url, name } = this.init;
    return url === null ? null : addressesBelow(url, name);
  }

  /** Call this before anything is recorded. @throws as {@link key} */
  checkKey(): void {
    if (this.#key === null) throw openedWithoutKey();
  }

  /** @throws SchannelError ERR_SCHANNEL_CA_KEY_MISSING if it was opened without its key */
  get key(): AuthorityKey {
    if (this.#key !== null) return this.#key;
    throw openedWithoutKey();
  }

  close(): Promise<void> {
    return this.#key?.close() ?? Promise.resolve();
  }
}

const openedWithoutKey = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_KEY_MISSING', 'The authority was opened without its private key', {
    phase: 'key',
    advice: 'Open it with the key, or with the passphrase of its file.',
  });

const incomplete = ({ request, path }: AuthorityFolder): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_INCOMPLETE', `The authority in ${path} has no certificate yet`, {
    advice: `Have ${request} signed, then give the certificate to \`schannel ca complete\`.`,
  });

/**
 * A signer that records what it signs before it does: nothing is signed that the log does not have.
 *
 * @param record gets the hash of what will be signed
 */
export const recordingSigner = (key: Signer, record: (body: string) => Promise<void>): Signer => ({
  publicKey: key.publicKey,
  sign: async (digest, data, options) => {
    await record(hashOf(data));
    return key.sign(digest, data, options);
  },
});
