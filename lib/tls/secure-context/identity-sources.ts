import type { KnownIdentity } from '../identity/certificate-option.js';
import type { NamedOrStored } from '../identity/choice.js';
import {
  ANONYMOUS,
  namedSource,
  storedSource,
  temporarySource,
  type IdentityLeases,
  type IdentitySource,
  type StoredIdentity,
} from '../identity/identity-source.js';
import type { CertificateSelector } from '../identity/selector.js';
import type { NativeStores } from '../../native/store-binding.js';

/** What the sources are made with. */
export interface IdentityMeans {
  readonly stores: Pick<NativeStores, 'createCertificate'>;
  readonly temporary: IdentityLeases;
  readonly find: (name: string) => Promise<StoredIdentity>;
}

/** Where the certificates of each identity come from. */
export class IdentitySources {
  readonly #means: IdentityMeans;
  readonly #selectors = new WeakMap<CertificateSelector, IdentitySource>();
  #selectorCount = 0;

  constructor(means: IdentityMeans) {
    this.#means = means;
  }

  of(identity: KnownIdentity): IdentitySource {
    switch (identity.kind) {
      case 'none':
        return ANONYMOUS;
      case 'files':
        return temporarySource(identity.materials, identity.keySet, this.#means.temporary);
      case 'certificate':
        return this.ofCertificate(identity.certificate);
      case 'selector':
        return this.#ofSelector(identity.select);
    }
  }

  ofCertificate(certificate: NamedOrStored): IdentitySource {
    const { stores, find } = this.#means;
    return 'stored' in certificate
      ? storedSource(certificate.stored, stores)
      : namedSource(certificate.name, find, stores);
  }

  /**
   * Nobody yet, and a credential of its own all the same: Windows resumes the sessions of whoever was chosen with it,
   * and another connection that shows nothing must not come by such a session.
   */
  #ofSelector(select: CertificateSelector): IdentitySource {
    const source = this.#selectors.get(select) ?? { ...ANONYMOUS, key: `chosen by ${++this.#selectorCount}` };
    this.#selectors.set(select, source);
    return source;
  }
}
