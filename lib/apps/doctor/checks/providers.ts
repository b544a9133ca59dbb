import { callNative } from '../../../native/promises.js';
import { absent, type Check, works } from '../check.js';
import { errorData } from '../failure.js';
import { ALL_PROVIDERS, type ProviderName } from '../providers.js';

/** CRYPT_SILENT: no dialog asks for a card or a PIN. */
const SILENT = 0x40;

const check = ({ provider, providerType }: ProviderName): Check => ({
  id: `providers.${provider.replace(/ v1\.0$/, '').replaceAll(' ', '-')}`,
  title: `Can the keys in ${provider} be listed?`,
  writes: false,
  vital: false,
  async run({ native }) {
    try {
      const names = await callNative<readonly string[]>({ phase: 'key' }, (callback) =>
        native.listContainers({ provider, providerType, flags: SILENT }, callback),
      );
      return works(`Yes: ${names.length} of this user.`, { keys: names.length });
    } catch (error) {
      return absent('No.', errorData(error));
    }
  },
});

/** Key storage providers and CSPs that come with Windows. */
export const PROVIDER_CHECKS: readonly Check[] = ALL_PROVIDERS.map(check);
