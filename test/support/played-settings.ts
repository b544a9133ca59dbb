import path from 'node:path';
import type { Clock } from '#lib/base/async/clock.js';
import type {
  CertificateStatus,
  CreatePageManager,
  ManagerSettings,
  PageManager,
  PageTools,
} from '#lib/web/settings/manager.js';
import type { SettingsServer } from '#lib/web/settings/server.js';
import { createSettingsServer, type SettingsServerParts } from '#lib/web/settings/settings-server.js';
import type { SecretBox } from '#lib/web/settings/settings-file.js';

/** Encrypts nothing, but nobody would find the secret by its text. */
export const playedBox: SecretBox = {
  protect: (secret) => Promise.resolve({ dpapi: Buffer.from(secret).reverse().toString('base64') }),
  unprotect: ({ dpapi }) => Promise.resolve(Buffer.from(dpapi, 'base64').reverse()),
};

/** A manager that does what a test says. */
export class PlayedManager implements PageManager {
  readonly given: ManagerSettings;
  certificates: readonly CertificateStatus[] = [];
  checks = 0;
  started = 0;
  stopped = 0;
  /** What a check does. */
  onCheck: () => Promise<void> = () => Promise.resolve();

  constructor(given: ManagerSettings) {
    this.given = given;
  }

  status(): Promise<readonly CertificateStatus[]> {
    return Promise.resolve(this.certificates);
  }

  async check(): Promise<void> {
    this.checks += 1;
    await this.onCheck();
  }

  start(): void {
    this.started += 1;
  }

  stop(): Promise<void> {
    this.stopped += 1;
    return Promise.resolve();
  }
}

export const playedTools: PageTools = {
  dnsAccounts: () => Promise.resolve([{ id: '1010', name: 'anna@bar.example' }]),
  importCertificates: () => Promise.resolve([]),
  portOwner: () => Promise.resolve(null),
};

/** A server with parts that a test plays. */
export const playedServer = (
  folder: string,
  createManager: CreatePageManager,
  parts: Partial<SettingsServerParts> & { readonly clock?: Clock } = {},
  renew = false,
): Promise<SettingsServer> =>
  createSettingsServer(
    { file: path.join(folder, 'settings.json'), renew },
    { box: playedBox, tools: playedTools, environment: {}, createManager, ...parts },
  );
