import { SchannelError } from '../../../base/errors/schannel-error.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import type { Native } from '../../../native/binding.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import { Certificate, type KeyInspection } from '../../../windows/store/certificate.js';
import {
  isSameLocation,
  OWN_PROPERTY,
  readProperty,
  writeProperty,
} from '../../../windows/store/properties.js';
import { requireWritable } from '../../../windows/store/store-access.js';
import { parseStoreName } from '../../../windows/store/store-name.js';
import type { CertificateStore } from '../../../windows/store/store.js';
import type { OpenStoreOptions } from '../../../windows/store/store-options.js';
import { readOwners } from '../../../windows/temporary-identity/owner-list.js';
import type { CertificateKey, KeyPlan } from '../order/keys.js';
import type { Chain } from '../protocol/client.js';
import { type Marker, markerOf, writeMarker } from './marker.js';

/** A certificate that a manager has placed. */
export interface ShelvedCertificate {
  readonly contents: CertificateContents;
  readonly marker: Marker;
  readonly friendlyName: string | null;
  readonly archived: boolean;
  /** Whether its key is still there, as far as this account can see. */
  readonly hasKey: boolean;
  /** SHA-1 of the certificate that has replaced it; null for none. */
  readonly successor: string | null;
  /** For findCertificate() and `schannel cert`. */
  readonly reference: string;
}

/** How a certificate is placed. */
export interface Placing {
  /** 'LocalMachine\\MY'. */
  readonly store: string;
  readonly marker: Marker;
  readonly friendlyName: string;
}

/** Where a manager puts certificates, and finds them again. */
export interface Shelf<Key extends CertificateKey> {
  /**
   * Looks whether this account may write to a store.
   *
   * @param create whether it is made if it is not there
   * @throws SchannelError ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_NOT_FOUND
   */
  prepare(store: string, create: boolean): Promise<void>;
  /** The certificates of a manager that are in a store, archived ones too. */
  list(store: string, manager: string): Promise<readonly ShelvedCertificate[]>;
  /** Places a certificate with its authorities and its key. One that is there already gets the same key and name. */
  place(chain: Chain, key: Key, placing: Placing): Promise<ShelvedCertificate>;
  /** Whether a certificate of a store has the key of a plan. */
  hasKeyOf(store: string, plan: KeyPlan): Promise<boolean>;
  /**
   * Hides a certificate that was replaced, and names its successor to programs of Windows.
   *
   * @returns 'kept' if Windows can't hide certificates
   */
  retire(former: ShelvedCertificate, successor: CertificateContents): Promise<'archived' | 'kept'>;
  /** Removes a certificate and its key, unless anything else has the key. @returns why it was kept, or null */
  discard(former: ShelvedCertificate): Promise<string | null>;
}

/** CERT_RENEWAL_PROP_ID: the SHA-1 of the successor. IIS and others that look for a renewed certificate follow it. */
const RENEWAL_PROPERTY = 64;

/** Stores of a location whose certificates may have a key too. */
const STORES_WITH_KEYS = ['MY', 'WebHosting', 'Remote Desktop', 'REQUEST'];

export interface ShelfSystem {
  readonly native: Pick<Native, 'openStore' | 'createCertificate'>;
  openStore(name: string, options?: OpenStoreOptions): Promise<CertificateStore>;
  inspectKey(certificate: Certificate): Promise<KeyInspection | null>;
}

/** The stores of Windows. */
export class WindowsShelf implements Shelf<PrivateKey> {
  readonly #system: ShelfSystem;

  constructor(system: ShelfSystem) {
    this.#system = system;
  }

  async prepare(store: string, create: boolean): Promise<void> {
    if (create) (await this.#system.openStore(store, { create })).close();
    await requireWritable(this.#system.native, parseStoreName(store));
  }

  async list(store: string, manager: string): Promise<readonly ShelvedCertificate[]> {
    using opened = await this.#system
      .openStore(store, { readOnly: true, archived: true })
      // The one for tests is made before the first order.
      .catch(notThere);
    const found: ShelvedCertificate[] = [];
    for (const certificate of (await opened?.all()) ?? []) {
      const shelved = shelvedOf(certificate);
      if (shelved?.marker.manager !== manager) continue;
      found.push({
        ...shelved,
        hasKey: shelved.hasKey && !isKeyGone(await this.#system.inspectKey(certificate)),
      });
    }
    return found;
  }

  async place(
    [leaf, ...authorities]: Chain,
    key: Pick<PrivateKey, 'location' | 'close'>,
    { store, marker, friendlyName }: Placing,
  ): Promise<ShelvedCertificate> {
    if (leaf === undefined) throw new RangeError('a chain begins with a certificate');
    const { location } = key;
    // Wine's CSP writes a new container only when its handle is given back.
    await key.close();
    using opened = await this.#system.openStore(store);
    await this.#placeAuthorities(parseStoreName('CA', opened.location).path, authorities);
    const source = new Certificate(this.#system.native.createCertificate(leaf.raw), null);
    try {
      await writeProperty(source.native, OWN_PROPERTY.acmeManager, writeMarker(marker));
      // Everything in one change: a server may look at any moment.
      const added = await opened.add(source, { onExisting: 'replace', keyLocation: location, friendlyName });
      const shelved = shelvedOf(added);
      if (shelved === null) throw unmarked(store);
      return shelved;
    } finally {
      source.close();
    }
  }

  async hasKeyOf(store: string, plan: KeyPlan): Promise<boolean> {
    using opened = await this.#system.openStore(store, { readOnly: true, archived: true }).catch(notThere);
    const all = (await opened?.all()) ?? [];
    // The name of a key is a random one.
    return all.some(({ keyLocation }) => keyLocation !== null && keyLocation.container === plan['name']);
  }

  async retire(former: ShelvedCertificate, successor: CertificateContents): Promise<'archived' | 'kept'> {
    using opened = await this.#system.openStore(pathOf(former), { archived: true });
    const certificate = await opened.findOne({ thumbprint: former.contents.thumbprint });
    if (certificate === null) return 'kept';
    await opened.change(certificate, (each) =>
      writeProperty(each, RENEWAL_PROPERTY, Buffer.from(successor.thumbprint, 'hex')),
    );
    try {
      await certificate.archive();
      return 'archived';
    } catch (error) {
      // Wine can't.
      if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED') return 'kept';
      throw error;
    }
  }

  async discard(former: ShelvedCertificate): Promise<string | null> {
    const path = pathOf(former);
    const { thumbprint } = former.contents;
    try {
      const user = await this.#otherUser(path, thumbprint);
      if (user !== null) return `its key is that of ${user} too`;
      using opened = await this.#system.openStore(path, { archived: true });
      await opened.remove(thumbprint, { withKey: true });
      return null;
    } catch (error) {
      if (error instanceof SchannelError) return error.message;
      throw error;
    }
  }

  /** Windows sends what it finds there. A connection with a PFX may have put the same ones there until it ends. */
  async #placeAuthorities(path: string, authorities: Chain): Promise<void> {
    using opened = await this.#system.openStore(path);
    for (const { raw, thumbprint, isSelfIssued } of authorities) {
      if (isSelfIssued) continue;
      const present = await opened.findOne({ thumbprint });
      const isLent =
        present !== null && readOwners(readProperty(present.native, OWN_PROPERTY.owners)) !== null;
      if (present === null || isLent) await opened.add(raw, { onExisting: isLent ? 'replace' : 'keep' });
    }
  }

  /** A certificate of another store that has the same key; null if there is none. */
  async #otherUser(path: string, thumbprint: string): Promise<string | null> {
    using own = await this.#system.openStore(path, { readOnly: true, archived: true });
    const location = (await own.findOne({ thumbprint }))?.keyLocation ?? null;
    if (location === null) return null;
    for (const name of STORES_WITH_KEYS) {
      const other = parseStoreName(name, own.location).path;
      // remove() looks at the certificates of the store itself.
      if (other === path) continue;
      using opened = await this.#system.openStore(other, { readOnly: true, archived: true }).catch(notThere);
      const found = (await opened?.all())?.find((each) => isSameLocation(each.keyLocation, location));
      if (found !== undefined) return found.reference;
    }
    return null;
  }
}

/** Stores that Windows has not made yet are empty. */
function notThere(error: unknown): null {
  if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_NOT_FOUND') return null;
  throw error;
}

/** Whether a key does not exist any more. One that this account may not use does. */
const isKeyGone = (inspection: KeyInspection | null): boolean =>
  inspection?.usable === false && GONE.has(inspection.error.code);

/** A container that was deleted, and a provider that has forgotten everything: a TPM that was cleared. */
const GONE: ReadonlySet<string> = new Set(['ERR_SCHANNEL_KEY_NOT_FOUND', 'ERR_SCHANNEL_KEY_MISSING']);

const pathOf = ({ reference }: ShelvedCertificate): string => reference.slice(0, reference.lastIndexOf('\\'));

const hexOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex').toUpperCase();

function shelvedOf(certificate: Certificate): ShelvedCertificate | null {
  const marker = markerOf(certificate);
  if (marker === null || certificate.reference === null) return null;
  return {
    contents: new CertificateContents(certificate.raw),
    marker,
    friendlyName: certificate.friendlyName,
    archived: certificate.archived,
    hasKey: certificate.hasPrivateKey,
    successor: hexOf(readProperty(certificate.native, RENEWAL_PROPERTY)),
    reference: certificate.reference,
  };
}

const unmarked = (store: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_ACCESS_DENIED',
    `${store} does not keep what belongs to a certificate`,
    {
      phase: 'store',
      advice: 'Choose a store of this machine or of this user.',
    },
  );
