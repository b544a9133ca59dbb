import type { NativeCredential, NativeCredentialRequest } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import type { NativeCertificate, NativeOutcome } from '#lib/native/store-binding.js';
import type { TestCertificate } from '../../support/certificates.js';
import { privateKeyBlob } from '../../support/key-blob.js';
import { closeKey, deleteKey, end, importKey, ownContainer } from '../../support/native-store.js';

/** A certificate as Schannel takes it: its RSA key lies in a separate container. */
export interface NativeIdentity {
  readonly issued: TestCertificate;
  readonly certificate: NativeCertificate;
  /** Gives the certificate back and deletes the key. */
  dispose(): Promise<void>;
}

export async function makeIdentity(name: string, issued: TestCertificate): Promise<NativeIdentity> {
  const location = ownContainer(name);
  await closeKey(await importKey(location, privateKeyBlob(issued.key), 0));
  const certificate = native().createCertificate(issued.der);
  await end((callback) => {
    certificate.setKeyLocation(location, callback);
  });
  return {
    issued,
    certificate,
    dispose: async () => {
      certificate.close();
      await deleteKey(location);
    },
  };
}

export const tryAcquire = (request: NativeCredentialRequest): Promise<NativeOutcome<NativeCredential>> =>
  new Promise((resolve) => {
    native().acquireCredential(request, resolve);
  });

export async function acquireAs(request: NativeCredentialRequest): Promise<NativeCredential> {
  const outcome = await tryAcquire(request);
  if (outcome.value === null) throw new Error(`${outcome.syscall}: ${outcome.status.toString(16)}`);
  return outcome.value;
}
