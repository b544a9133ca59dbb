/** The entry point `schannel/web`: websites that get their certificates by themselves, and what they keep. */
export {
  protectSecret,
  unprotectSecret,
  type ProtectSecretOptions,
  type UnprotectSecretOptions,
} from './windows/secret/index.js';
export type { SecretScope } from './windows/secret/entropy.js';
export type { ProtectedSecret } from './windows/secret/secrets.js';
