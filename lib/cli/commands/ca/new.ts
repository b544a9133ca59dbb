import { createPublicKey, type KeyObject } from 'node:crypto';
import { Option, type Command } from 'commander';
import { newKey } from '../../../apps/authority/authority-key.js';
import { wipe } from '../../../formats/asn1/wipe.js';
import { writePfx } from '../../../formats/pfx/write.js';
import { encryptedKeyPem } from '../../../formats/private-key/pkcs8-writer.js';
import type { Issued } from '../../../pki.js';
import type { CommandContext } from '../../command-context.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { readNewPassword } from '../../password.js';
import { UsageError } from '../../usage-error.js';
import { addIssueFlags, type IssueFlags, issueOptions, reportIssued } from './issue.js';
import { addKeyKindFlags, keyKindOf, type KeyKindFlags } from '../../key-flags.js';
import { namesOf } from './names.js';
import { FOLDER_ARGUMENT, FOLDER_MEANING, openReader, withAuthority } from './open-authority.js';

interface NewFlags extends IssueFlags, KeyKindFlags {
  readonly pfx?: string;
  readonly pem?: string;
  readonly friendlyName?: string;
  readonly legacy?: boolean;
}

/** Adds `schannel ca new`. */
export function addNewCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('new')
    .summary('create a key with a certificate, as PFX')
    .description(
      'Creates a key and its certificate, and writes both to a file with a password, for a device that cannot make a request. ' +
        'The key is not kept. If the other side can make a request, that is better: then its key never leaves it.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .addOption(
      new Option('--pfx <file>', 'PFX (PKCS #12) with the key, the certificate and its issuers').conflicts(
        'pem',
      ),
    )
    .option('--pem <file>', 'the same as PEM, with an encrypted key')
    .option('--friendly-name <name>', 'name that Windows shows')
    .option('--legacy', 'PFX for systems that cannot read AES: 3DES and SHA-1');
  addIssueFlags(addKeyKindFlags(command)).action((folder: string, flags: NewFlags) =>
    runNew(folder, flags, context),
  );
}

async function runNew(folder: string, flags: NewFlags, { io }: CommandContext): Promise<void> {
  const out = flags.pfx ?? flags.pem;
  if (out === undefined) throw new UsageError('Add --pfx or --pem: the file for the key and the certificate');
  if (flags.legacy === true && flags.pfx === undefined) throw new UsageError('--legacy needs --pfx');
  const force = flags.force === true;
  refuseToOverwrite(out, force);
  const { algorithm = 'rsa', modulusLength = 2048, namedCurve = 'P-256' } = keyKindOf(flags);
  const key = newKey({ algorithm, modulusLength, namedCurve });
  const wish = { publicKey: createPublicKey(key), names: namesOf(flags), subject: flags.subject };
  const { subject, ...options } = issueOptions(flags);
  if (flags.dryRun === true) {
    reportIssued(
      await (await openReader(folder)).issue(wish, { ...options, subject, dryRun: true }),
      flags,
      io,
    );
    return;
  }
  const password = await readNewPassword(io, { of: out, neededBy: out });
  await withAuthority(folder, flags, io, async (authority) => {
    const issued = await authority.issue(wish, { ...options, subject });
    const content =
      flags.pfx === undefined ? pemOf(issued, key, password) : pfxOf(issued, key, password, flags);
    await writeOutput(out, content, force);
    if (typeof content !== 'string') wipe(content);
    reportIssued(issued, flags, io, out);
  });
}

/** As many as Windows reads in a PEM that it imports, and part of a second to try one password. */
const ITERATIONS = 600_000;

const pemOf = ({ pem }: Issued, key: KeyObject, password: string): string =>
  encryptedKeyPem(key, password, ITERATIONS) + pem;

const pfxOf = (
  { certificate, chain }: Issued,
  key: KeyObject,
  password: string,
  { friendlyName, legacy }: NewFlags,
): Buffer =>
  writePfx({
    key,
    password,
    certificates: [...(certificate === null ? [] : [certificate.raw]), ...chain],
    ...(friendlyName !== undefined && { friendlyName }),
    encryption: legacy === true ? 'legacy' : 'aes256',
  });
