import { KEY_PROVIDERS, providerTypeOf } from '../../windows/key/providers.js';

/** A key storage provider (type 0) or a CSP. */
export interface ProviderName {
  readonly provider: string;
  readonly providerType: number;
}

const named = (provider: string): ProviderName => ({ provider, providerType: providerTypeOf(provider) });

export const SOFTWARE_KSP = named(KEY_PROVIDERS.software);
export const TPM_KSP = named(KEY_PROVIDERS.tpm);
export const RSA_AES_CSP = named('Microsoft Enhanced RSA and AES Cryptographic Provider');
export const SCHANNEL_CSP = named('Microsoft RSA SChannel Cryptographic Provider');
export const ENHANCED_CSP = named('Microsoft Enhanced Cryptographic Provider v1.0');

/** The providers that come with Windows. */
export const ALL_PROVIDERS: readonly ProviderName[] = [
  SOFTWARE_KSP,
  TPM_KSP,
  named(KEY_PROVIDERS.smartcard),
  named('Microsoft Passport Key Storage Provider'),
  RSA_AES_CSP,
  SCHANNEL_CSP,
  ENHANCED_CSP,
  named('Microsoft Strong Cryptographic Provider'),
  named('Microsoft Base Cryptographic Provider v1.0'),
  named('Microsoft Base Smart Card Crypto Provider'),
];
