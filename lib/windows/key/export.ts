import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { wipe } from '../../formats/asn1/wipe.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type { NativeExportRequest, NativeKey } from '../../native/store-binding.js';
import { fromCapiBlob } from './capi-blob.js';
import { type KeyFacts } from './facts.js';

/** Exports the key from Windows. Every intermediate copy of its bytes is zeroed. */
export async function exportFrom(key: NativeKey, facts: KeyFacts): Promise<KeyObject> {
  if (facts.exportable === 'no') throw notExportable(facts);
  if (facts.api === 'capi') return firstAllowed(facts, [() => fromCsp(key)]);
  const encrypted = (): Promise<KeyObject> => encryptedPkcs8(key);
  // A provider may report no policy or a wrong one, so both ways are tried.
  return firstAllowed(facts, facts.exportable === 'encrypted' ? [encrypted] : [() => pkcs8(key), encrypted]);
}

async function firstAllowed(
  facts: KeyFacts,
  [attempt, ...others]: readonly (() => Promise<KeyObject>)[],
  refusal?: unknown,
): Promise<KeyObject> {
  if (attempt === undefined) throw notExportable(facts, refusal);
  try {
    return await attempt();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return firstAllowed(facts, others, error);
  }
}

const fromCsp = async (key: NativeKey): Promise<KeyObject> => {
  const blob = await exported(key, { type: 'PRIVATEKEYBLOB', password: null, iterations: 0 });
  try {
    return fromCapiBlob(blob);
  } finally {
    wipe(blob);
  }
};

async function pkcs8(key: NativeKey): Promise<KeyObject> {
  const der = await exported(key, { type: 'PKCS8_PRIVATEKEY', password: null, iterations: 0 });
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    wipe(der);
  }
}

/**
 * The encrypted form never leaves this process, and its password has 128 random bits: more rounds would protect
 * nothing.
 */
const ITERATIONS = 1;

/**
 * For the policy "export, but not in plaintext", as of a key that came from a PFX: Windows encrypts it, and it is
 * decrypted here.
 */
async function encryptedPkcs8(key: NativeKey): Promise<KeyObject> {
  const passphrase = randomPassphrase();
  const password = utf16(passphrase);
  try {
    const der = await exported(key, { type: 'PKCS8_PRIVATEKEY', password, iterations: ITERATIONS });
    try {
      return createPrivateKey({ key: asBuffer(der), format: 'der', type: 'pkcs8', passphrase });
    } finally {
      wipe(der);
    }
  } finally {
    wipe(passphrase, password);
  }
}

/** 32 letters from A to P. Bytes, since a string cannot be zeroed. */
function randomPassphrase(): Buffer {
  const random = randomBytes(32);
  random.forEach((byte, index) => (random[index] = 0x41 + (byte & 0xf)));
  return random;
}

/** ASCII as UTF-16LE. */
function utf16(ascii: Uint8Array): Buffer {
  const wide = Buffer.alloc(ascii.length * 2);
  ascii.forEach((byte, index) => (wide[index * 2] = byte));
  return wide;
}

const exported = (key: NativeKey, request: NativeExportRequest): Promise<Buffer> =>
  callNative<Uint8Array>({ phase: 'key', text: 'The private key could not be exported' }, (callback) =>
    key.exportPrivate(request, callback),
  ).then(asBuffer);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What providers answer for a key that cannot be exported; each uses one of these. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([
  0x80090003, // NTE_BAD_KEY
  0x8009000a, // NTE_BAD_TYPE
  0x8009000b, // NTE_BAD_KEY_STATE
  0x80090010, // NTE_PERM
  0x80090029, // NTE_NOT_SUPPORTED
]);

const isRefusal = (error: unknown): boolean => error instanceof SchannelError && REFUSALS.has(error.status);

function notExportable(facts: KeyFacts, cause?: unknown): SchannelError {
  const provider = facts.provider ?? 'its provider';
  const isHardware = facts.hardware === true;
  return new SchannelError(
    'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
    isHardware
      ? `The private key may not leave Windows: it is kept in hardware (${provider})`
      : `The private key may not leave Windows: it was made or imported as not exportable (${provider})`,
    {
      phase: 'key',
      advice: isHardware
        ? 'Use it where it is; a copy needs a key that was made outside the hardware, and a new certificate.'
        : 'Import it again from its file with { exportable: true }, or make a new key and certificate.',
      ...(cause instanceof SchannelError && cause.status !== undefined && { status: cause.status }),
      ...(cause !== undefined && { cause }),
    },
  );
}
