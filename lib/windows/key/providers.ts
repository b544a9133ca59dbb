/**
 * Short names of the key storage providers that come with Windows ("CNG Key Storage Providers"); they can be used
 * wherever a provider is given.
 */
export const KEY_PROVIDERS = Object.freeze({
  /** Files of the user or the machine, protected by DPAPI. */
  software: 'Microsoft Software Key Storage Provider',
  /** The TPM: a key created there never leaves it. */
  tpm: 'Microsoft Platform Crypto Provider',
  /** The smart card in a reader. */
  smartcard: 'Microsoft Smart Card Key Storage Provider',
});

/** A short name, or the full name of any key storage provider or CSP. */
export type KeyProvider = keyof typeof KEY_PROVIDERS | (string & Record<never, never>);

export const PROV_RSA_AES = 24;
export const MS_ENH_RSA_AES_PROV = 'Microsoft Enhanced RSA and AES Cryptographic Provider';

/**
 * The types of the CSPs with RSA that come with Windows ("Microsoft Cryptographic Service Providers"): PROV_RSA_FULL
 * 1, PROV_RSA_SIG 2, PROV_RSA_SCHANNEL 12, PROV_RSA_AES 24. A provider that is not listed is a key storage provider.
 */
const CSP_TYPES: ReadonlyMap<string, number> = new Map(
  (
    [
      ['Microsoft Base Cryptographic Provider v1.0', 1],
      ['Microsoft Enhanced Cryptographic Provider v1.0', 1],
      ['Microsoft Strong Cryptographic Provider', 1],
      ['Microsoft Base Smart Card Crypto Provider', 1],
      ['Microsoft RSA Signature Cryptographic Provider', 2],
      ['Microsoft RSA SChannel Cryptographic Provider', 12],
      [MS_ENH_RSA_AES_PROV, PROV_RSA_AES],
      ['Microsoft Enhanced RSA and AES Cryptographic Provider (Prototype)', PROV_RSA_AES],
    ] as const
  ).map(([name, type]) => [name.toLowerCase(), type]),
);

/** The full name of a provider. */
export const providerName = (provider: KeyProvider): string =>
  SHORT_NAMES.get(provider.toLowerCase()) ?? provider;

const SHORT_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(KEY_PROVIDERS));

/** PROV_* of a CSP, 0 for a key storage provider. Windows ignores the case of a provider's name. */
export const providerTypeOf = (name: string): number => CSP_TYPES.get(name.toLowerCase()) ?? 0;
