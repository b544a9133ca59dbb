/** The entry point `schannel/web`: websites that get their certificates by themselves, and what they keep. */
export {
  createSettingsServer,
  readSettings,
  type SettingsServerOptions,
} from './web/settings/settings-server.js';
export type { SiteFromSettings } from './web/settings/read-settings.js';
export type { SettingsServer } from './web/settings/server.js';
export type { LogEntry, LogLevel } from './web/settings/log.js';
export {
  protectSecret,
  unprotectSecret,
  type ProtectSecretOptions,
  type UnprotectSecretOptions,
} from './windows/secret/index.js';
export type { SecretScope } from './windows/secret/entropy.js';
export type { ProtectedSecret } from './windows/secret/secrets.js';
export type { HeaderChoice } from './web/headers/security-headers.js';
export type { StrictTransportOptions } from './web/headers/strict-transport.js';
export { runService, type Runnable, type ServiceHost, type ServiceState } from './web/service/run-service.js';
export type { AcmeOptions } from './web/site/acme.js';
export type { App, ServeOptions, UpgradeHandler } from './web/site/options.js';
export { serve } from './web/site/serve.js';
export type { Site, SiteEvents } from './web/site/site.js';
export type { StaticOptions } from './web/static/static-files.js';
