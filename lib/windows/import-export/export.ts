import { type KeyObject } from 'node:crypto';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { KeyDialogOptions } from '../key/dialog.js';
import { writePfx } from '../../formats/pfx/write.js';
import { Certificate } from '../store/certificate.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { isSelfSigned } from '../../formats/x509/issuers.js';
import { chainFromStores } from './chain.js';
import { writePrivateFile } from './write-file.js';

interface ExportOptions extends KeyDialogOptions {
  /**
   * Also writes it to this file, completely or not at all. Only this user and the owner of the file have access to it,
   * whatever permissions the folder would pass on. Default none.
   */
  readonly path?: string | undefined;
  /** Whether to replace an existing file. Default false: EEXIST. */
  readonly overwrite?: boolean | undefined;
}

export interface ExportPfxOptions extends ExportOptions {
  /** '' is an empty password. */
  readonly password: string;
  /**
   * 'aes256' (default): AES-256 and SHA-256, for Windows 10 1709, Windows Server 2019 or later, and any OpenSSL in
   * use. 'legacy': 3DES and SHA-1, which every system reads.
   */
  readonly encryption?: 'aes256' | 'legacy' | undefined;
  /** Whether to include the authorities above it that are in the stores CA and Root. Default true. */
  readonly chain?: boolean | undefined;
  /** Default the certificate's own. */
  readonly friendlyName?: string | undefined;
}

export interface ExportPemOptions extends ExportOptions {
  /** Whether to append the intermediate authorities, as servers need them: without the root. Default false. */
  readonly chain?: boolean | undefined;
  /** Whether to put its private key first. Default false. */
  readonly key?: boolean | undefined;
  /** Encrypts the private key (PKCS #8 with AES-256). Default none: anyone who can read the text has the key. */
  readonly passphrase?: string | undefined;
}

/**
 * A certificate with its private key as a PFX (PKCS #12).
 *
 * @throws SchannelError
 * - ERR_SCHANNEL_KEY_NOT_EXPORTABLE: the key was created or imported as not exportable, or is in hardware;
 *   administrators can't export it either
 * - ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
 * @throws Error of node:fs for the path: EEXIST, ENOSPC, …
 */
export async function exportPfx(certificate: Certificate, options: ExportPfxOptions): Promise<Buffer> {
  checkCertificate(certificate);
  checkOptions(options, { password: 'string', friendlyName: 'string', chain: 'boolean' });
  const { password, encryption = 'aes256', chain = true } = options;
  // Callers in JavaScript may leave it out.
  if ((password as unknown) === undefined) throw invalidType('password', 'of type string', password);
  if (!['aes256', 'legacy'].includes(encryption)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'encryption' is invalid: ${encryption as string}`,
    );
  }
  const friendlyName = options.friendlyName ?? certificate.friendlyName;
  const key = await keyOf(certificate, options);
  const authorities = chain ? await chainFromStores(certificate) : [];
  const pfx = writePfx({
    key,
    certificates: [certificate.raw, ...authorities],
    password,
    encryption,
    ...(friendlyName !== null && { friendlyName }),
  });
  await write(pfx, options);
  return pfx;
}

/**
 * A certificate as PEM: its key first if requested, then the certificate, then its chain.
 *
 * @throws as {@link exportPfx}; without `key` no errors of the key
 */
export async function exportPem(certificate: Certificate, options: ExportPemOptions = {}): Promise<string> {
  checkCertificate(certificate);
  checkOptions(options, { passphrase: 'string', chain: 'boolean', key: 'boolean' });
  const { passphrase } = options;
  if (passphrase !== undefined && options.key !== true) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      'A "passphrase" encrypts the private key: give "key" as well',
    );
  }
  const key = options.key === true ? pemOf(await keyOf(certificate, options), passphrase) : '';
  const authorities = options.chain === true ? await intermediatesOf(certificate) : [];
  const pem = [key, certificate.pem, ...authorities].join('');
  await write(pem, options);
  return pem;
}

function pemOf(key: KeyObject, passphrase: string | undefined): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return key.export({ format: 'pem', type: 'pkcs8', ...encryption }).toString();
}

async function intermediatesOf(certificate: Certificate): Promise<string[]> {
  const chain = await chainFromStores(certificate);
  return chain
    .map((der) => new CertificateContents(der))
    .filter(({ x509 }) => !isSelfSigned(x509))
    .map(({ pem }) => pem);
}

/** The key itself; its handle is closed. */
async function keyOf(certificate: Certificate, { silent, window }: KeyDialogOptions): Promise<KeyObject> {
  const key = await certificate.openPrivateKey({ silent, window });
  try {
    return await key.exportKeyObject();
  } finally {
    await key.close();
  }
}

async function write(content: string | Uint8Array, { path, overwrite }: ExportOptions): Promise<void> {
  if (path !== undefined) await writePrivateFile(path, content, { overwrite });
}

function checkCertificate(certificate: unknown): void {
  if (!(certificate instanceof Certificate)) {
    throw invalidType('certificate', 'an instance of Certificate', certificate);
  }
}

function checkOptions(options: object, types: Readonly<Record<string, 'string' | 'boolean'>>): void {
  const values = new Map<string, unknown>(Object.entries(options));
  for (const [name, type] of Object.entries({ ...types, path: 'string', overwrite: 'boolean' })) {
    const value = values.get(name);
    if (value !== undefined && typeof value !== type) throw invalidType(name, `of type ${type}`, value);
  }
}
