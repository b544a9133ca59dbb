import type { NativeCertificate } from '../../native/store-binding.js';
import { certificateWithKey } from '../../windows/key/certificate-with-key.js';
import { generateKey } from '../../windows/key/keys.js';
import type { PrivateKey } from '../../windows/key/private-key.js';
import type { CheckContext } from './check.js';
import type { Undo } from './cleanup.js';
import { newName } from './names.js';
import type { ProviderName } from './providers.js';

/** A key in Windows that is deleted with the check. */
export interface EphemeralTestKey {
  readonly key: PrivateKey;
  /** Deletes it now. */
  readonly undo: Undo;
}

export interface KeySpec extends ProviderName {
  readonly algorithm: 'rsa' | 'ec';
  readonly namedCurve?: 'P-256' | 'P-384' | 'P-521';
  /** Default false. */
  readonly exportable?: boolean;
  /** Of the machine instead of the user. Default false. */
  readonly machine?: boolean;
}

/**
 * A closed key: Wine writes a CSP's key where Schannel finds it only when it is closed.
 * @throws SchannelError as generateKey()
 */
export async function closedEphemeralKey(context: CheckContext, spec: KeySpec): Promise<PrivateKey> {
  const { key } = await ephemeralTestKey(context, spec);
  await key.close();
  return key;
}

/** @throws SchannelError as generateKey() */
export async function ephemeralTestKey(
  { cleanup, signal }: CheckContext,
  spec: KeySpec,
): Promise<EphemeralTestKey> {
  signal.throwIfAborted();
  let making: Promise<PrivateKey | null> = Promise.resolve(null);
  // Also if the check is given up while the key is being created.
  const undo = cleanup.add(`a key in ${spec.provider}`, async () => {
    const made = await making.catch(() => null);
    await made?.delete();
  });
  const made = generateKey({ ...spec, name: newName(), silent: true });
  making = made;
  return { key: await made, undo };
}

/** The certificate of such a key, in memory, which is closed with the check. */
export async function certificateFor(
  { native, cleanup }: CheckContext,
  der: Uint8Array,
  key: PrivateKey,
): Promise<NativeCertificate> {
  let making: Promise<NativeCertificate | null> = Promise.resolve(null);
  // Also if the check is given up while the certificate is being linked.
  cleanup.add('a certificate in memory', async () => {
    const made = await making.catch(() => null);
    made?.close();
  });
  const made = certificateWithKey(native, der, key.location);
  making = made;
  return made;
}
