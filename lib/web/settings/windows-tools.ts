import { printable } from '../../base/text/printable.js';
import { importPfxFolder } from '../../windows/import-export/import-folder.js';
import { dnsimpleAccounts } from '../../apps/acme/dns/dnsimple.js';
import type { ImportedFile, ManagerSettings, PageTools } from './manager.js';
import { portOwner } from './port-owner.js';

/** What the page has done by the library. */
export const windowsTools: PageTools = {
  portOwner,
  dnsAccounts: ({ secrets }) => dnsimpleAccounts({ token: secrets.dnsimpleToken ?? '' }),
  async importCertificates({ settings, secrets }: ManagerSettings): Promise<readonly ImportedFile[]> {
    const passwords = (secrets.pfxPasswords ?? '').split('\n').filter((line) => line !== '');
    const reports = await importPfxFolder(settings.certificateFolder, { passwords, store: settings.store });
    return reports.map((report) => ({
      file: report.file,
      outcome: report.outcome,
      text:
        report.outcome === 'failed'
          ? printable(report.error.message)
          : report.identities.map(({ subject }) => printable(subject)).join('; '),
    }));
  },
};
