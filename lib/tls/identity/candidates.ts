import { outlineOf } from '../../formats/x509/outline.js';
import { errorFromStatus } from '../../base/errors/from-status.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { openStore, type CertificateStore } from '../../windows/store/store.js';
import { cachedChain } from '../../windows/trust/cached-chain.js';

/** The stores for certificates of users and machines. */
const PERSONAL = ['CurrentUser\\MY', 'LocalMachine\\MY'] as const;

/** The certificates that a client could show. They are looked up on first use. */
export class Candidates {
  readonly #issuers: readonly Uint8Array[] | null;
  readonly #stores: CertificateStore[] = [];
  #list: Promise<readonly Certificate[]> | null = null;

  /** @param issuers DER of the names of accepted authorities; null or none: any */
  constructor(issuers: readonly Uint8Array[] | null) {
    this.#issuers = issuers;
  }

  /** Newest first; those of the user before those of the machine. */
  list(): Promise<readonly Certificate[]> {
    this.#list ??= this.#find();
    return this.#list;
  }

  /** Closes all of them. */
  close(): void {
    for (const store of this.#stores.splice(0)) store.close();
  }

  async #find(): Promise<readonly Certificate[]> {
    // Wine lists the machine's certificates in the user's store too.
    const found = new Map<string, Certificate>();
    for (const path of PERSONAL) {
      const store = await openStore(path, { readOnly: true });
      this.#stores.push(store);
      for (const certificate of await this.#suitable(store)) {
        if (!found.has(certificate.thumbprint256)) found.set(certificate.thumbprint256, certificate);
      }
    }
    return [...found.values()];
  }

  #suitable(store: CertificateStore): Promise<Certificate[]> {
    return store.find({
      hasPrivateKey: true,
      validAt: true,
      eku: 'clientAuth',
      where: ({ raw }) => isAccepted(raw, this.#issuers, native()),
    });
  }
}

/**
 * Whether an accepted authority issued the certificate, or one of the authorities above it that Windows knows.
 * @throws SchannelError ERR_SCHANNEL_SYSTEM_… if Windows can't build the chain
 */
export async function isAccepted(
  certificate: Uint8Array,
  issuers: readonly Uint8Array[] | null,
  addon: Pick<Native, 'verifyChain'>,
): Promise<boolean> {
  if (issuers === null || issuers.length === 0) return true;
  const names = new Set(issuers.map(hex));
  const isNamed = (der: Uint8Array): boolean => names.has(hex(outlineOf(der).issuer));
  if (isNamed(certificate)) return true;
  const { status, syscall, elements } = await cachedChain(certificate, 'client', addon);
  if (status !== 0) throw errorFromStatus({ status, syscall, phase: 'credential' });
  return elements.some(({ certificate: one }) => isNamed(one));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
