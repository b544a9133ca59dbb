import { SchannelError } from '../../../base/errors/schannel-error.js';
import { newContainerName } from '../../../windows/key/container-name.js';
import { generateKey, openKey } from '../../../windows/key/keys.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import { textIn } from '../http/json.js';
import type { CertificateKeys, KeyPlan } from './keys.js';

export interface WindowsKeyOptions {
  /** Default 'rsa', which every client knows. Wine's CSP has no other. */
  readonly algorithm?: 'rsa' | 'ec' | undefined;
  /** Bits of an RSA key. Default 2048. */
  readonly modulusLength?: number | undefined;
  /** Default 'P-256'. */
  readonly namedCurve?: 'P-256' | 'P-384' | undefined;
  /** 'software', 'tpm', or the name of a provider. Default 'software'. */
  readonly provider?: string | undefined;
  /** Whether the key belongs to the machine, as stores of LocalMachine need it. Default false. */
  readonly machine?: boolean | undefined;
  /** Accounts that may use the key besides its owner: 'NT SERVICE\\web'. Only for keys of the machine. Default none. */
  readonly readers?: readonly string[] | undefined;
}

/** Makes the keys of certificates in Windows, under names that begin with 'schannel-acme-'. They can't be exported. */
export function windowsKeys(options: WindowsKeyOptions = {}): CertificateKeys<PrivateKey> {
  const { algorithm = 'rsa', modulusLength, namedCurve, provider, machine = false, readers = [] } = options;
  return {
    plan: () => ({ name: newContainerName('acme'), provider: provider ?? null, machine }),
    async make(plan) {
      const key = await generateKey({ ...placeOf(plan), algorithm, modulusLength, namedCurve });
      return readable(key, readers);
    },
    async open(plan) {
      const key = await openIfThere(plan);
      // The process may have ended before it could let others use the key.
      return key === null ? null : readable(key, readers);
    },
    async remove(plan) {
      await (await openIfThere(plan))?.delete();
    },
  };
}

async function readable(key: PrivateKey, readers: readonly string[]): Promise<PrivateKey> {
  try {
    for (const account of readers) await key.grant(account);
    return key;
  } catch (error) {
    await key.close();
    throw error;
  }
}

async function openIfThere(plan: KeyPlan): Promise<PrivateKey | null> {
  if (!isOurs(plan)) return null;
  try {
    return await openKey(placeOf(plan));
  } catch (error) {
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_NOT_FOUND') return null;
    throw error;
  }
}

/** Plans come from files, and others may be able to write there: no other key is ever opened or deleted. */
const isOurs = (plan: KeyPlan): boolean => /^schannel-acme-[\w-]{1,200}$/.test(textIn(plan, 'name'));

const placeOf = (plan: KeyPlan): { name: string; provider: string | undefined; machine: boolean } => ({
  name: textIn(plan, 'name'),
  provider: textIn(plan, 'provider') || undefined,
  machine: plan['machine'] === true,
});
