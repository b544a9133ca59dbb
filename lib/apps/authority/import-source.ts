import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../base/errors/error-code.js';
import { parsePfx } from '../../formats/pfx/parse.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import {
  type ForeignAuthority,
  type ImportSourceOptions,
  noForeignAuthority,
  pairOf,
} from './foreign-authority.js';
import { readOpensslFolder } from './openssl-folder.js';
import { readXcaDatabase } from './xca-database.js';

/** A file is not larger. */
const MOST_BYTES = 256 << 20;

/**
 * Reads an authority of another program: a folder of `openssl ca` or easy-rsa (with index.txt), of mkcert (rootCA.pem)
 * or minica (minica.pem); a database of XCA (.xdb); or a PFX or PEM with the certificate and the key.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNRECOGNIZED, and what reading a file throws
 */
export async function readForeignAuthority(
  source: string,
  options: ImportSourceOptions,
): Promise<ForeignAuthority> {
  const { isDirectory, size } = await described(source);
  if (!isDirectory) {
    if (size > MOST_BYTES) throw noForeignAuthority(`${source} is too large`);
    const content = await readFile(source);
    return content.subarray(0, 15).toString('latin1') === 'SQLite format 3'
      ? readXcaDatabase(source, options)
      : fromFile(content, options);
  }
  const names = new Set(await readdir(source));
  if (names.has('index.txt')) return readOpensslFolder(source, options);
  for (const [certificate, key] of PAIRS) {
    if (!names.has(certificate) || !names.has(key)) continue;
    const [pem, keyPem] = await Promise.all(
      [certificate, key].map((name) => readFile(path.join(source, name))),
    );
    return pairOf(pem ?? Buffer.alloc(0), keyPem ?? Buffer.alloc(0), options);
  }
  throw noForeignAuthority(
    `${source} has none of index.txt, rootCA.pem, minica.pem and cacert.crt with their keys`,
  );
}

/** What mkcert and minica call their files. */
const PAIRS = [
  ['rootCA.pem', 'rootCA-key.pem'],
  ['minica.pem', 'minica-key.pem'],
  // The minica that Debian has is another one.
  ['cacert.crt', 'cakey.key'],
] as const;

async function described(source: string): Promise<{ readonly isDirectory: boolean; readonly size: number }> {
  try {
    const found = await stat(source);
    return { isDirectory: found.isDirectory(), size: found.size };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw noForeignAuthority(`${source} does not exist`, error);
    throw error;
  }
}

function fromFile(content: Buffer, options: ImportSourceOptions): ForeignAuthority {
  if (content[0] !== 0x30) return pairOf(content, content, options);
  const { identities } = parsePfx(content, options.sourcePassphrase);
  const authority = identities.find(({ certificate }) => certificateInFile(certificate.der).ca);
  if (authority === undefined) throw noForeignAuthority('the PFX has no authority with its key');
  const chain = authority.chain().map(({ der }) => der);
  return { chain, key: authority.key.privateKey, issued: [], lists: 0 };
}
