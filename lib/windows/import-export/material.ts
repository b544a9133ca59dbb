import { type KeyObject } from 'node:crypto';
import { FileBudget } from '../../formats/pbe/file-budget.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { toPrivateKeys } from '../../formats/private-key/private-key.js';
import { CertificateSet } from '../../formats/pfx/certificate-set.js';
import { DEFAULT_PFX_LIMITS, type PfxLimits } from '../../formats/pfx/limits.js';
import { parsePfx } from '../../formats/pfx/parse.js';

/** The content of a file of any kind. It can be sent to another thread. */
export interface Material {
  /** Each certificate with its key in the file. After a renewal several may have the same key. */
  readonly identities: readonly MaterialIdentity[];
  /** All certificates, those of {@link identities} included, in the order of the file. */
  readonly certificates: readonly MaterialCertificate[];
  /** How many keys have no certificate in the file. */
  readonly keysWithoutCertificate: number;
  /** These keys; none of a PFX. */
  readonly looseKeys: readonly KeyObject[];
}

export interface MaterialCertificate {
  /** In a separate ArrayBuffer that nothing else uses. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** By its signature. Equal names are not enough for a root. */
  readonly isSelfSigned: boolean;
}

export interface MaterialIdentity {
  /** One of {@link Material.certificates}. */
  readonly certificate: MaterialCertificate;
  readonly key: KeyObject;
  /** The certificate's name in the file. The key's name is only that of a container. */
  readonly friendlyName: string | null;
}

/** What to read, and how. */
export interface MaterialRequest {
  readonly kind: 'pfx' | 'certificates';
  readonly bytes: Uint8Array;
  readonly password: string | undefined;
  readonly limits: PfxLimits;
}

/**
 * Reads a PFX, or a file of certificates (PEM, DER, P7B) that may also contain keys.
 *
 * @param budget the budget that work is charged to; by default a new one with the limits of the request
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…
 */
export const readMaterial = (request: MaterialRequest, budget = new FileBudget(request.limits)): Material =>
  request.kind === 'pfx' ? fromPfx(request, budget) : fromBundle(request, budget);

function fromPfx({ bytes, password, limits }: MaterialRequest, budget: FileBudget): Material {
  const pfx = parsePfx(bytes, password, limits, budget);
  const copies = new Map(
    pfx.certificates.map((certificate) => [
      certificate,
      { der: copy(certificate.der), isSelfSigned: certificate.isSelfSigned() },
    ]),
  );
  return {
    identities: pfx.identities.flatMap(({ key, certificate: original }) => {
      const certificate = copies.get(original);
      if (certificate === undefined) return [];
      return [{ certificate, key: key.privateKey, friendlyName: original.friendlyName }];
    }),
    certificates: [...copies.values()],
    keysWithoutCertificate: pfx.keysWithoutCertificate,
    looseKeys: [],
  };
}

function fromBundle({ bytes, password, limits }: MaterialRequest, budget: FileBudget): Material {
  const bundle = readBundle(bytes, budget, limits.bags);
  const keys = toPrivateKeys(bundle.keys, password, budget);
  const set = new CertificateSet(bundle.certificates, budget.work);
  const { pairs, keysWithoutCertificate } = set.pair(keys);
  const certificates = bundle.certificates.map((der, place) => ({
    der: copy(der),
    isSelfSigned: set.isSelfSigned(place),
  }));
  return {
    identities: pairs.flatMap((pair) => {
      const key = keys[pair.key];
      const certificate = certificates[pair.certificate];
      return key === undefined || certificate === undefined ? [] : [{ certificate, key, friendlyName: null }];
    }),
    certificates,
    keysWithoutCertificate,
    looseKeys: keys.filter((_key, place) => pairs.every((pair) => pair.key !== place)),
  };
}

/** Small Buffers share memory with others, which would all be transferred to the other thread. */
const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/** The limits of a file; missing ones have their defaults. */
export const limitsOf = (limits: Partial<PfxLimits> = {}): PfxLimits => ({
  ...DEFAULT_PFX_LIMITS,
  ...limits,
});
