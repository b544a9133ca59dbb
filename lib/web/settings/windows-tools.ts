import { dnsimpleAccounts } from '../../apps/acme/dns/dnsimple.js';
import { printable, printableList } from '../../base/text/printable.js';
import {
  type CertificateFolderReport,
  importCertificateFolder,
} from '../../windows/import-export/import-certificate-folder.js';
import type { ImportedFile, ManagerSettings, PageTools } from './manager.js';
import { portOwner } from './port-owner.js';

/** What the page has done by the library. */
export const windowsTools: PageTools = {
  portOwner,
  dnsAccounts: ({ secrets }) => dnsimpleAccounts({ token: secrets.dnsimpleToken ?? '' }),
  async importCertificates({ settings, secrets }: ManagerSettings): Promise<readonly ImportedFile[]> {
    const passwords = passwordsIn(secrets.pfxPasswords ?? '');
    const { certificateFolder, store } = settings;
    return importedFiles(await importCertificateFolder(certificateFolder, { passwords, store }));
  },
};

/** 'bar.example=secret', or a password for any file. */
const FOR_DOMAIN = /^([\w*-]+(?:\.[\w-]+)+)=(.+)$/;

/**
 * Passwords of lines, by domain. Each line counts as a whole as well: a password may look like one for a domain, and
 * all are tried in the end.
 */
export const passwordsIn = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .flatMap((line) => {
        const [, domain = line, password = line] = FOR_DOMAIN.exec(line) ?? [];
        return [
          [domain, password],
          [line, line],
        ];
      }),
  );

/** The result for each file, as the page shows it. */
export function importedFiles({
  certificates,
  unread,
  loneKeys,
}: CertificateFolderReport): readonly ImportedFile[] {
  return [
    ...certificates.map(({ files, outcome, subject, error }): ImportedFile => ({
      file: files.join(' + '),
      outcome: outcome === 'present' ? 'skipped' : outcome,
      text: error === null ? printable(subject) : `${printable(subject)}: ${printable(error.message)}`,
    })),
    ...unread.map(({ file, error }): ImportedFile => ({
      file,
      outcome: 'failed',
      text: printable(error.message),
    })),
    ...(loneKeys.length === 0
      ? []
      : [
          {
            file: printableList(loneKeys),
            outcome: 'skipped' as const,
            text: 'there is no certificate for this key',
          },
        ]),
  ];
}
