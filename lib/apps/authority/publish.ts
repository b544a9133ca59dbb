import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseCertificate, pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { legacyObjectOf } from '../../formats/x509/legacy-object.js';
import { isDeviceName } from './addresses.js';
import type { AuthorityContext } from './context.js';
import { numberIn, presentList, type PublishedList, publishList } from './lists.js';

/** A file that verifiers fetch. */
export interface PublicFile {
  /** Absolute path. */
  readonly file: string;
  /** The address in certificates that leads to it; null if none does. */
  readonly url: string | null;
  /** Whether it was written: a file that is up to date is left alone. */
  readonly isNew: boolean;
}

/** What an authority has put into the folder of a web server. */
export interface Published {
  readonly list: PublishedList;
  readonly files: readonly PublicFile[];
  /** Addresses of issuers that lead to another folder, so that their certificates have to be published there. */
  readonly elsewhere: readonly string[];
}

interface Content {
  readonly name: string;
  readonly url: string | null;
  readonly content: Uint8Array;
}

/**
 * Writes the public files of an authority into a folder that a web server shows: its revocation list, its certificate
 * and those of its issuers, under the names in their addresses, and its chain as PEM.
 */
export async function publishFiles(context: AuthorityContext, target: string): Promise<Published> {
  const list = await listOf(context);
  const { own, elsewhere } = certificatesOf(context);
  const folder = path.resolve(target);
  // The root of a drive can't be created, not even if it is there.
  if (!existsSync(folder)) await mkdir(folder, { recursive: true });
  const files: PublicFile[] = [];
  // The list comes last: nobody gets one whose issuer is not there yet.
  for (const { name, url, content } of [...own, revocationsOf(context, list)]) {
    const file = path.join(folder, name);
    const present = await context.folder.read(file);
    // Another process may have published the next list meanwhile.
    const isNewer = present !== null && content === list.der && numberIn(context, present) > list.number;
    const isNew = !isNewer && present?.equals(content) !== true;
    if (isNew) await context.folder.writePublic(file, content);
    files.push({ file, url, isNew });
  }
  return { list, files, elsewhere };
}

/** An authority that was opened without its key has only the list that it made before. */
async function listOf(context: AuthorityContext): Promise<PublishedList> {
  if (!context.hasKey) {
    await context.ledger.refresh();
    const present = await presentList(context);
    if (present !== null) return present;
  }
  return publishList(context, { ifDue: true });
}

const revocationsOf = ({ init, addresses }: AuthorityContext, { der }: PublishedList): Content => ({
  name: `${init.name}.crl`,
  url: addresses?.list ?? null,
  content: der,
});

function certificatesOf({ init, addresses, authority }: AuthorityContext): {
  readonly own: readonly Content[];
  readonly elsewhere: readonly string[];
} {
  const { chain } = authority;
  const [certificate = Buffer.alloc(0), ...issuers] = chain;
  const own: Content[] = [
    { name: `${init.name}.crt`, url: addresses?.certificate ?? null, content: certificate },
    { name: `${init.name}.pem`, url: null, content: Buffer.from(chain.map(pemOfCertificate).join('')) },
  ];
  const elsewhere: string[] = [];
  issuers.forEach((issuer, index) => {
    for (const url of issuerAddresses(chain[index])) {
      const name = init.url === null ? null : nameBelow(init.url, url);
      if (name === null) elsewhere.push(url);
      else if (!own.some((each) => each.name === name)) own.push({ name, url, content: issuer });
    }
  });
  return { own, elsewhere };
}

/** Where a certificate says that its issuer's is: id-ad-caIssuers (RFC 5280 §4.2.2.1), by http. */
function issuerAddresses(certificate: Uint8Array | undefined): readonly string[] {
  const parsed = parseCertificate(certificate);
  return ((parsed && legacyObjectOf(parsed).infoAccess)?.['CA Issuers - URI'] ?? []).filter((url) =>
    url.startsWith('http://'),
  );
}

/** 'bar-root.crt' for an address in the public folder; null for another one, and for what is no plain name. */
function nameBelow(folder: string, url: string): string | null {
  const name = url.startsWith(folder) ? url.slice(folder.length) : '';
  const [, stem = ''] = /^([a-z0-9][a-z0-9-]{0,80})\.(?:crt|cer)$/.exec(name) ?? [];
  return stem === '' || isDeviceName(stem) ? null : name;
}
