import type { KeyObject, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { mapBounded } from '../../base/async/map-bounded.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { PfxLimits } from '../../formats/pfx/limits.js';
import { beginsLikePfx } from '../../formats/pfx/envelope.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import { asciiName, isForHost } from '../../formats/x509/host-match.js';
import { canonicalAddress } from '../../formats/x509/ip-address.js';
import { isSelfSigned, issuersAbove, publicKeyOf } from '../../formats/x509/issuers.js';
import { publicKeyDer } from '../../formats/x509/public-key.js';
import { newestValidFirst } from '../store/order.js';
import { CERTIFICATES_AND_KEYS, filesIn } from './folder.js';
import { readMaterialOffThread } from './material-off-thread.js';
import { limitsOf, type Material } from './material.js';
import type { ImportPlan } from './plan.js';
import { readSource } from './source.js';

export interface ReadFolderOptions {
  /** By domain: 'www.bar.example'. Those of the domain that a file is named after are tried first. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly recursive: boolean;
  readonly limits: Partial<PfxLimits> | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A file that could not be read. */
export interface UnreadFile {
  readonly file: string;
  readonly error: Error;
}

/** A certificate of a folder with its key. */
export interface FolderIdentity {
  readonly contents: CertificateContents;
  readonly plan: ImportPlan;
  /** That of the certificate, and that of the key if it is another. */
  readonly files: readonly string[];
}

/** What a folder has for a name. */
export type FolderFinding =
  | { readonly outcome: 'found'; readonly identity: FolderIdentity }
  /** 'expired': only such with a key; 'without-key': only such without; 'missing': none. */
  | { readonly outcome: 'expired' | 'without-key' | 'missing' };

/** Files read at the same time. */
const AT_A_TIME = 4;

/** The certificates and keys of a folder, paired by public key: names of files say little. */
export class CertificateFolder {
  /** Each certificate with a key, authorities left out. */
  readonly identities: readonly FolderIdentity[];
  readonly unread: readonly UnreadFile[];
  /** Files with a key that belongs to no certificate of the folder. */
  readonly loneKeys: readonly string[];
  readonly #withoutKey: readonly CertificateContents[];

  constructor(
    read: readonly { readonly file: string; readonly material: Material }[],
    unread: readonly UnreadFile[],
  ) {
    this.unread = unread;
    const keys = new Map<string, { readonly key: KeyObject; readonly file: string; isUsed: boolean }>();
    const keep = (key: KeyObject, file: string): void => {
      const name = hex(key);
      if (!keys.has(name)) keys.set(name, { key, file, isUsed: false });
    };
    for (const { file, material } of read) {
      for (const { key } of material.identities) keep(key, file);
      for (const key of material.looseKeys) keep(key, file);
    }
    const certificates = new Map<string, { readonly x509: X509Certificate; readonly file: string }>();
    for (const { file, material } of read) {
      for (const { der } of material.certificates) {
        const x509 = certificateInFile(der);
        if (!certificates.has(x509.fingerprint256)) certificates.set(x509.fingerprint256, { x509, file });
      }
    }
    const all = [...certificates.values()].map(({ x509 }) => x509);
    const identities: FolderIdentity[] = [];
    const withoutKey: CertificateContents[] = [];
    for (const { x509, file } of certificates.values()) {
      const publicKey = publicKeyOf(x509);
      const found = publicKey === null ? undefined : keys.get(hex(publicKey));
      if (found !== undefined) found.isUsed = true;
      const contents = new CertificateContents(x509.raw);
      if (x509.ca && !hasHostNames(contents)) continue;
      if (found === undefined) withoutKey.push(contents);
      else {
        identities.push({
          contents,
          plan: planOf(x509, found.key, all),
          files: [...new Set([file, found.file])],
        });
      }
    }
    this.identities = identities;
    this.#withoutKey = withoutKey;
    this.loneKeys = [...keys.values()].filter(({ isUsed }) => !isUsed).map(({ file }) => file);
  }

  /**
   * Reads a folder. A file that cannot be read does not stop the others.
   * @throws Error of node:fs for the folder; AbortError
   */
  static async read(folder: string, options: ReadFolderOptions): Promise<CertificateFolder> {
    const files = await filesIn(folder, CERTIFICATES_AND_KEYS, options.recursive);
    const unread: UnreadFile[] = [];
    const read = await mapBounded(files, AT_A_TIME, async (file) => {
      options.signal?.throwIfAborted();
      try {
        return [{ file, material: await readFile(file, options) }];
      } catch (error) {
        options.signal?.throwIfAborted();
        unread.push({ file, error: toError(error) });
        return [];
      }
    });
    return new CertificateFolder(
      read.flat(),
      unread.sort((one, other) => (one.file < other.file ? -1 : 1)),
    );
  }

  /** The best one for a host name, a wildcard or an address: valid ones, those of authorities first, the newest. */
  find(name: string): FolderFinding {
    const isForName = testFor(name);
    const [best] = newestValidFirst(this.identities.map(({ contents }) => contents).filter(isForName));
    const identity = this.identities.find(({ contents }) => contents === best);
    if (identity !== undefined) {
      return identity.contents.isValid() ? { outcome: 'found', identity } : { outcome: 'expired' };
    }
    return { outcome: this.#withoutKey.some(isForName) ? 'without-key' : 'missing' };
  }
}

/** A self-signed certificate of a server may be marked as an authority: `openssl req -x509` does that. */
const hasHostNames = ({ dnsNames, ipAddresses }: CertificateContents): boolean =>
  dnsNames.length + ipAddresses.length > 0;

/** The certificate with its key, and the authorities above it that the folder has. */
function planOf(certificate: X509Certificate, key: KeyObject, all: readonly X509Certificate[]): ImportPlan {
  const others = all.filter(({ fingerprint256 }) => fingerprint256 !== certificate.fingerprint256);
  const above = issuersAbove(certificate, others, 'signature');
  return {
    identities: [{ certificate, key, friendlyName: null }],
    others: [],
    authorities: above.filter((each) => !isSelfSigned(each)),
    roots: above.filter(isSelfSigned),
    keysWithoutCertificate: 0,
  };
}

function testFor(name: string): (contents: CertificateContents) => boolean {
  const address = canonicalAddress(name);
  if (address !== null) return ({ ipAddresses }) => ipAddresses.includes(address);
  const host = asciiName(name);
  return (contents) => host !== '' && isForHost(contents, host);
}

/** With each password that may fit; the last failure counts. */
async function readFile(
  file: string,
  { passwords, limits: given, signal }: ReadFolderOptions,
): Promise<Material> {
  const limits = limitsOf(given);
  const bytes = await readSource(file, limits.bytes);
  const kind = beginsLikePfx(bytes) ? 'pfx' : 'certificates';
  const candidates = passwordsFor(file, passwords);
  for (const password of candidates.slice(0, -1)) {
    try {
      return await readMaterialOffThread({ kind, bytes, password, limits }, signal);
    } catch (error) {
      if (!(error instanceof SchannelError) || !REFUSED.has(error.code)) throw error;
    }
  }
  return readMaterialOffThread({ kind, bytes, password: candidates.at(-1), limits }, signal);
}

const REFUSED: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
  'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
]);

/** That of the domain in the name of the file first, then none, then the others, each once. */
function passwordsFor(
  file: string,
  passwords: Readonly<Record<string, string>>,
): readonly (string | undefined)[] {
  const name = path.parse(file).name.toLowerCase();
  const own = Object.entries(passwords).find(([domain]) => domain.toLowerCase() === name);
  return [...new Set([...(own === undefined ? [] : [own[1]]), undefined, ...Object.values(passwords)])];
}

const hex = (key: KeyObject): string => publicKeyDer(key).toString('hex');
