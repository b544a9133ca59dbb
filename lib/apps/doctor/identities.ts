import { writePfx } from '../../formats/pfx/write.js';
import { Certificate } from '../../windows/store/certificate.js';
import type { SecureContextOptions } from '../../tls/secure-context/secure-context.js';
import { makeCertificate, makeIdentity, type MadeIdentity } from './certificates.js';
import type { CheckContext } from './check.js';
import { RSA_AES_CSP, SCHANNEL_CSP, ENHANCED_CSP, SOFTWARE_KSP } from './providers.js';
import { certificateFor, closedEphemeralKey, type KeySpec } from './ephemeral-test-key.js';

/** A client's identity. */
export interface ClientIdentity {
  /** Options of connect(). */
  readonly options: Pick<SecureContextOptions, 'certificate' | 'cert' | 'key' | 'pfx' | 'passphrase'>;
  /** DER of the certificate that the server must see first. */
  readonly leaf: Buffer;
  /** DER of the intermediates that should be sent too. */
  readonly intermediates: readonly Buffer[];
}

export type IdentityKind = keyof typeof KINDS;

/** A key in Windows with a certificate that the authority has signed. */
const ofKey =
  (spec: KeySpec) =>
  async (context: CheckContext, issuer: MadeIdentity): Promise<ClientIdentity> => {
    const key = await closedEphemeralKey(context, spec);
    const { der } = makeCertificate(key.publicKey, { issuer });
    const certificate = new Certificate(await certificateFor(context, der, key), null);
    return { options: { certificate }, leaf: der, intermediates: [] };
  };

const KINDS = {
  'cng-rsa': ofKey({ ...SOFTWARE_KSP, algorithm: 'rsa' }),
  'cng-ec': ofKey({ ...SOFTWARE_KSP, algorithm: 'ec' }),
  'csp-rsa': ofKey({ ...RSA_AES_CSP, algorithm: 'rsa' }),
  'csp-schannel-rsa': ofKey({ ...SCHANNEL_CSP, algorithm: 'rsa' }),
  'csp-enhanced-rsa': ofKey({ ...ENHANCED_CSP, algorithm: 'rsa' }),
  'pfx-rsa': (_: CheckContext, issuer: MadeIdentity) => {
    const { key, der } = makeIdentity('rsa', { issuer });
    const pfx = writePfx({ key, certificates: [der], password: 'doctor', iterations: 2000 });
    return Promise.resolve({ options: { pfx, passphrase: 'doctor' }, leaf: der, intermediates: [] });
  },
  'pem-rsa': (_: CheckContext, issuer: MadeIdentity) => Promise.resolve(ofPem('rsa', issuer)),
  'pem-ec': (_: CheckContext, issuer: MadeIdentity) => Promise.resolve(ofPem('ec', issuer)),
} as const;

function ofPem(kind: 'rsa' | 'ec', root: MadeIdentity): ClientIdentity {
  const middle = makeIdentity(kind, { issuer: root, isAuthority: true });
  const { key, der, cert } = makeIdentity(kind, { issuer: middle });
  return {
    options: { cert: cert + middle.cert, key: key.export({ type: 'pkcs8', format: 'pem' }) },
    leaf: der,
    intermediates: [middle.der],
  };
}

export const IDENTITY_KINDS = Object.keys(KINDS) as readonly IdentityKind[];

/** @throws SchannelError as generateKey(), for a provider that does not exist or cannot create such a key */
export const makeClientIdentity = (
  kind: IdentityKind,
  context: CheckContext,
  issuer: MadeIdentity,
): Promise<ClientIdentity> => KINDS[kind](context, issuer);
