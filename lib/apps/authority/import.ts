import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { NO_NAMES } from '../../formats/x509/extensions.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { outlineOf } from '../../formats/x509/outline.js';
import { formatName } from '../../formats/x509/distinguished-name.js';
import { fileNameOf, publicUrl } from './addresses.js';
import type { AuthorityKeyOptions } from './authority-key.js';
import { beginAuthority } from './begin.js';
import type { AuthorityContext } from './context.js';
import type { ForeignCertificate, ImportSourceOptions } from './foreign-authority.js';
import { readForeignAuthority } from './import-source.js';
import { adopt } from './init.js';
import type { Change } from './ledger.js';
import { makeList } from './lists.js';
import { LOCK_SYSTEM, type LockSystem } from '../../base/files/lock.js';
import { hashOf } from './state.js';
import { templateJson } from './template.js';

export interface ImportAuthorityOptions extends ImportSourceOptions {
  /** Where the key will be. Default in Windows, not exportable. */
  readonly key?: AuthorityKeyOptions | undefined;
  /** As for init(). It is only in certificates that are issued from now on. Default none. */
  readonly url?: string | undefined;
}

/** Brings an authority of another program into a new folder, with what it has issued and revoked. */
export async function importAuthority(
  source: string,
  folder: string,
  options: ImportAuthorityOptions,
  system: LockSystem = LOCK_SYSTEM,
): Promise<AuthorityContext> {
  const url = options.url === undefined ? null : publicUrl(options.url);
  const foreign = await readForeignAuthority(source, options);
  const { chain, key: existing, issued, lists, templates = [], leftOut = [] } = foreign;
  const [certificate = Buffer.alloc(0), ...issuers] = chain;
  const contents = new CertificateContents(certificate);
  const keyOptions = { ...(options.key ?? { windows: {} }), existing };
  return beginAuthority(
    folder,
    keyOptions,
    async (context, key, change) => {
      await change.record({
        event: 'init',
        version: 1,
        template: contents.isSelfIssued ? 'root' : 'issuing',
        subject: Buffer.from(outlineOf(certificate).subject).toString('base64'),
        name: fileNameOf(contents.commonName ?? ''),
        key: key.reference,
        publicKey: key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        padding: 'pkcs1',
        url,
        lists,
      });
      await adopt(context, certificate, issuers, change);
      for (const each of issued) await recordForeign(context, each, change);
      for (const each of templates) {
        await context.folder.write(
          context.folder.template(each.name),
          `${JSON.stringify(templateJson(each), null, 2)}\n`,
        );
      }
      context.leftOut.push(...leftOut);
      await makeList(context, {}, change);
    },
    system,
  );
}

async function recordForeign(
  { folder }: AuthorityContext,
  { serialNumber: serial, certificate, subject, notAfter, revoked }: ForeignCertificate,
  change: Change,
): Promise<void> {
  const contents = certificate === null ? null : new CertificateContents(certificate);
  await change.record({
    event: 'imported',
    serial,
    subject: (contents === null ? subject : formatName(contents.subjectName)).slice(0, 1024),
    names: namesOf(contents),
    publicKey: certificate === null ? null : hashOf(outlineOf(certificate).publicKey),
    notBefore: contents?.validFrom.toISOString() ?? null,
    notAfter: (contents?.validTo ?? notAfter).toISOString(),
    certificate: certificate?.toString('base64') ?? null,
  });
  if (revoked !== null) {
    const { reason, at } = revoked;
    await change.record({ event: 'revoked', serial, reason, at: at.toISOString() });
  }
  if (certificate !== null) await folder.write(folder.certificate(serial), pemOfCertificate(certificate));
}

function namesOf(contents: CertificateContents | null): {
  dns: readonly string[];
  ip: readonly string[];
  email: readonly string[];
  upn: readonly string[];
  uri: readonly string[];
} {
  return {
    dns: contents?.dnsNames ?? NO_NAMES.dnsNames,
    ip: contents?.ipAddresses ?? NO_NAMES.ipAddresses,
    email: contents?.emailAddresses ?? NO_NAMES.emailAddresses,
    upn: contents?.upns ?? NO_NAMES.upns,
    uri: [],
  };
}
