import { type NativeKey, type NativeKeyLocation, type NativeStores } from '../../native/store-binding.js';
import { callNative } from '../../native/promises.js';
import { checkBoolean, checkInteger, checkOneOf } from './arguments.js';
import { newContainerName } from './container-name.js';
import { dialogSettings, type KeyDialogOptions } from './dialog.js';
import { curveInCsp } from './import-blob.js';
import { keyNameOf, type KeyLocationOptions } from './options.js';
import { firstSupported, keyLocations } from './locations.js';
import { type KeyNative, PrivateKey } from './private-key.js';
import { exportPolicyOf } from './stored-keys.js';

export interface GenerateKeyOptions extends KeyLocationOptions, KeyDialogOptions {
  /** Default 'rsa'. */
  readonly algorithm?: 'rsa' | 'ec' | undefined;
  /**
   * Bits of an RSA key, 1024 to 16384. Each provider has its own limits: many TPMs allow at most 2048. Default 2048.
   */
  readonly modulusLength?: number | undefined;
  /** Default 'P-256', which is best for TLS: Schannel ignores P-521. */
  readonly namedCurve?: 'P-256' | 'P-384' | 'P-521' | undefined;
  /** Default a new name that starts with 'schannel-key-'. */
  readonly name?: string | undefined;
  /** Whether the key can be exported. This can't be changed later. Default false. */
  readonly exportable?: boolean | undefined;
}

/** Creates a key that exists until it is deleted. */
export async function generate(
  stores: KeyNative & Pick<NativeStores, 'generateKey'>,
  options: GenerateKeyOptions,
): Promise<PrivateKey> {
  const { algorithm = 'rsa', modulusLength = 2048, namedCurve = 'P-256' } = options;
  const { name = newContainerName('key'), exportable = false } = options;
  checkOneOf('algorithm', ['rsa', 'ec'], algorithm);
  checkOneOf('namedCurve', ['P-256', 'P-384', 'P-521'], namedCurve);
  checkInteger('modulusLength', modulusLength, 1024, 16384);
  checkBoolean('exportable', exportable);
  const isRsa = algorithm === 'rsa';
  const request = {
    ...dialogSettings(options),
    algorithm: isRsa ? 'RSA' : `ECDSA_${namedCurve.replace('-', '')}`,
    bits: isRsa ? modulusLength : 0,
    exportPolicy: exportPolicyOf(exportable),
  };
  const locations = keyLocations(keyNameOf(name, options), isRsa);
  return firstSupported(locations, async (location) => {
    if (!isRsa && location.providerType !== 0) throw curveInCsp(location);
    const native = await start(stores, { ...request, location });
    return new PrivateKey(stores, { native, location });
  });
}

const start = (
  stores: Pick<NativeStores, 'generateKey'>,
  request: Parameters<NativeStores['generateKey']>[0] & { readonly location: NativeKeyLocation },
): Promise<NativeKey> =>
  callNative({ phase: 'key', text: 'The private key could not be made' }, (callback) =>
    stores.generateKey(request, callback),
  );
