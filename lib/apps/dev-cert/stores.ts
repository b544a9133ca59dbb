import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { type CertificateStore, openStore } from '../../windows/store/store.js';
import { isOurs, permits } from './certificates.js';

/** An authority of this command with its root, both in their stores. */
export interface StoredAuthority {
  readonly issuing: Certificate;
  readonly root: Certificate;
}

/** The certificates of this command in the stores of one location. */
export class DevStores implements Disposable {
  private constructor(
    readonly my: CertificateStore,
    readonly ca: CertificateStore,
    readonly root: CertificateStore,
    /** Thumbprints of the machine's certificates, which the user's stores show too ("System Store Locations"). */
    private readonly foreign: ReadonlySet<string>,
  ) {}

  /** @throws SchannelError as openStore() */
  static async open(location: 'CurrentUser' | 'LocalMachine'): Promise<DevStores> {
    const opened: CertificateStore[] = [];
    try {
      for (const name of STORES) opened.push(await openStore(name, { location }));
      const [my, ca, root] = opened;
      if (my === undefined || ca === undefined || root === undefined) throw new TypeError('three stores');
      return new DevStores(my, ca, root, location === 'CurrentUser' ? await ofMachine() : new Set());
    } catch (error) {
      for (const store of opened) store.close();
      throw error;
    }
  }

  /** Server certificates, the one that is valid longest first. */
  async leaves(): Promise<readonly Certificate[]> {
    const found = await this.my.find({
      hasPrivateKey: true,
      where: (each) => this.#isOwn(each) && !each.isAuthority,
    });
    return latestFirst(found);
  }

  /** Authorities whose root is there as well, the one that is valid longest first. */
  async authorities(): Promise<readonly StoredAuthority[]> {
    const roots = await this.roots();
    const issuing = await this.issuing();
    return latestFirst(issuing).flatMap((each) => {
      const root = roots.find((one) => isIssuedBy(each, one));
      return root === undefined ? [] : [{ issuing: each, root }];
    });
  }

  /** The certificates of authorities, with or without a root. */
  issuing(): Promise<readonly Certificate[]> {
    return this.ca.find({ hasPrivateKey: true, where: (each) => this.#isOwn(each) });
  }

  roots(): Promise<readonly Certificate[]> {
    return this.root.find({ where: (each) => this.#isOwn(each) && each.isSelfSigned });
  }

  #isOwn(certificate: Certificate): boolean {
    return isOurs(certificate) && !this.foreign.has(certificate.thumbprint);
  }

  [Symbol.dispose](): void {
    for (const store of [this.my, this.ca, this.root]) store.close();
  }
}

async function ofMachine(): Promise<Set<string>> {
  const thumbprints = new Set<string>();
  for (const name of STORES) {
    using store = await openStore(name, { location: 'LocalMachine', readOnly: true });
    for (const { thumbprint } of await store.find({ where: isOurs })) thumbprints.add(thumbprint);
  }
  return thumbprints;
}

const STORES = ['MY', 'CA', 'Root'] as const;

const latestFirst = (certificates: readonly Certificate[]): Certificate[] =>
  [...certificates].sort((one, other) => other.validTo.getTime() - one.validTo.getTime());

export const isIssuedBy = (certificate: Certificate, issuer: Certificate): boolean =>
  certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);

/** Whether an authority can issue for the names, for at least this long. */
export const canIssue = ({ issuing, root }: StoredAuthority, names: AlternativeNames, until: Date): boolean =>
  issuing.validTo > until && root.validTo > until && permits(issuing, names) && permits(root, names);

/** The wanted names that a certificate lacks. */
export function missingNames(certificate: Certificate, { dns, ip }: AlternativeNames): string[] {
  const has = new Set([...certificate.dnsNames, ...certificate.ipAddresses]);
  return [...dns, ...ip].filter((name) => !has.has(name));
}
