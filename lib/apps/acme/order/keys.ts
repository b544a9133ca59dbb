import type { Signer } from '../../../formats/x509/signed.js';
import type { JsonRecord } from '../challenge/solver.js';

/** The key of a certificate. {@link PrivateKey} is one. */
export interface CertificateKey extends Signer {
  close(): Promise<void>;
}

/** Where a key is or will be. The journal has it before the key is made. It has no secrets. */
export type KeyPlan = JsonRecord;

/** Makes keys for certificates, and finds them again after the process was killed. */
export interface CertificateKeys<Key extends CertificateKey> {
  /** A place for a new key, under a name that no other key has. Nothing is made yet. */
  plan(): KeyPlan;
  /** Makes the key. @throws SchannelError ERR_SCHANNEL_KEY_… */
  make(plan: KeyPlan): Promise<Key>;
  /** The key that was made for a plan; null if there is none. @throws SchannelError ERR_SCHANNEL_KEY_… */
  open(plan: KeyPlan): Promise<Key | null>;
  /** Deletes the key of a plan. One that is not there counts as deleted. */
  remove(plan: KeyPlan): Promise<void>;
}
