import type { Command } from 'commander';
import { CertificateAuthority } from '../../../apps/authority/certificate-authority.js';
import { readPassword } from '../../password.js';
import type { CommandIO } from '../../terminal.js';

export const FOLDER_ARGUMENT = '<folder>';
export const FOLDER_MEANING = 'folder of the authority';

/** The options of all commands on an authority that signs. */
export interface KeyFlags {
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** Adds the options of commands that use the key of an authority. */
export const addKeyFlags = (command: Command): Command =>
  command
    .option('--key-file <file>', 'file of the key, if it is not where it was')
    .option('--json', 'print one JSON object');

export const addJsonFlag = (command: Command): Command => command.option('--json', 'print one JSON object');

/** Opens an authority to read it: nothing can be signed. */
export const openReader = (folder: string): Promise<CertificateAuthority> =>
  CertificateAuthority.open(folder, { withoutKey: true });

/**
 * Opens an authority with its key, for a task. The passphrase comes from SCHANNEL_CA_PASSWORD, or is asked for. Says
 * what was put in order after an interrupted process.
 */
export async function withAuthority<Value>(
  folder: string,
  flags: KeyFlags,
  io: CommandIO,
  task: (authority: CertificateAuthority) => Promise<Value>,
): Promise<Value> {
  const { keyReference, folder: full } = await openReader(folder);
  const passphrase =
    keyReference.kind === 'file'
      ? await readPassword(io, {
          of: full,
          neededBy: 'The key of the authority',
          variable: 'SCHANNEL_CA_PASSWORD',
        })
      : undefined;
  const authority = await CertificateAuthority.open(folder, { passphrase, keyFile: flags.keyFile });
  try {
    return await task(authority);
  } finally {
    for (const what of authority.mended) io.stderr.write(`Put in order: ${what}\n`);
    await authority.close();
  }
}
