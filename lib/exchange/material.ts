import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SchannelError } from '../errors/schannel-error.js';
import { readBundle } from '../pem/bundle.js';
import { toPrivateKey } from '../pem/private-key.js';
import { pair } from '../pfx/identities.js';
import { DEFAULT_PFX_LIMITS, type PfxLimits } from '../pfx/limits.js';
import { parsePfx } from '../pfx/parse.js';

/** What a file of any kind holds for a certificate store. It can be sent from thread to thread. */
export interface Material {
  /** Each certificate that has its key in the file. After a renewal several may have the same key. */
  readonly identities: readonly MaterialIdentity[];
  /** DER of all certificates, those of {@link identities} included, in the order of the file. */
  readonly certificates: readonly Uint8Array[];
  /** How many keys have no certificate in the file. */
  readonly keysWithoutCertificate: number;
}

export interface MaterialIdentity {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
  /** What the file calls the certificate. What it calls the key is the name of a container, or nothing. */
  readonly friendlyName: string | null;
}

/** What there is to read, and how. */
export interface MaterialRequest {
  readonly kind: 'pfx' | 'certificates';
  readonly bytes: Uint8Array;
  readonly password: string | undefined;
  readonly limits: PfxLimits;
}

/**
 * Reads a PFX, or a file of certificates (PEM, DER, P7B) that may have keys in it as well.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…
 */
export const readMaterial = (request: MaterialRequest): Material =>
  request.kind === 'pfx' ? fromPfx(request) : fromBundle(request);

function fromPfx({ bytes, password, limits }: MaterialRequest): Material {
  const pfx = parsePfx(bytes, password, limits);
  try {
    const keys = new Map(
      pfx.keys.map((key) => [key, createPrivateKey({ key: key.privateKey, format: 'der', type: 'pkcs8' })]),
    );
    const identities = pfx.identities.flatMap(({ key, certificate }) => {
      const keyObject = keys.get(key);
      if (keyObject === undefined) return [];
      return [{ certificate: copy(certificate.der), key: keyObject, friendlyName: certificate.friendlyName }];
    });
    const used = new Set(pfx.identities.map(({ key }) => key));
    return {
      identities,
      certificates: pfx.certificates.map(({ der }) => copy(der)),
      keysWithoutCertificate: pfx.keys.filter((key) => !used.has(key)).length,
    };
  } finally {
    pfx[Symbol.dispose]();
  }
}

function fromBundle({ bytes, password, limits }: MaterialRequest): Material {
  const bundle = readBundle(bytes);
  const count = bundle.certificates.length + bundle.keys.length;
  if (count > limits.bags) {
    throw new SchannelError(
      'ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS',
      `The file holds ${count} keys and certificates, more than the ${limits.bags} allowed`,
      { advice: 'If the file is yours, split it, or raise the limit.' },
    );
  }
  const keys = bundle.keys.map((source) => toPrivateKey(source, password, limits));
  const pairings = pair(keys, bundle.certificates);
  const used = new Set(pairings.map(({ key }) => key));
  return {
    identities: pairings.flatMap(({ key: keyIndex, certificate: certificateIndex }) => {
      const key = keys[keyIndex];
      const certificate = bundle.certificates[certificateIndex];
      if (key === undefined || certificate === undefined) return [];
      return [{ certificate: copy(certificate), key, friendlyName: null }];
    }),
    certificates: bundle.certificates.map(copy),
    keysWithoutCertificate: keys.length - used.size,
  };
}

/** Memory of its own: small Buffers share theirs with others, which would all go along to another thread. */
const copy = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** The limits of a file, where those that are left out have their defaults. */
export const limitsOf = (limits: Partial<PfxLimits> = {}): PfxLimits => ({
  ...DEFAULT_PFX_LIMITS,
  ...limits,
});
