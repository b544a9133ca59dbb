import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { dayOf } from '../../../base/text/validity.js';
import { listFacts } from './facts.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  withAuthority,
} from './open-authority.js';

/** Adds `schannel ca publish`. */
export function addPublishCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('publish')
    .summary('write the public files for a web server')
    .description(
      "Writes the authority's revocation list, its certificate and those of its issuers into a folder, under the names that their " +
        'addresses have, for any web server of plain http. Makes a new list if one is due, so let a scheduled task run it every hour.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument(
      '<target>',
      'folder of the web server, for example C:\\inetpub\\pki; is created if it is missing',
    );
  addKeyFlags(command).action((folder: string, target: string, flags: KeyFlags) =>
    runPublish(folder, target, flags, context),
  );
}

async function runPublish(
  folder: string,
  target: string,
  flags: KeyFlags,
  { io }: CommandContext,
): Promise<void> {
  await withAuthority(folder, flags, io, async (authority) => {
    const { list, files, elsewhere } = await authority.publish(target);
    writeReport(io, flags, {
      facts: () => ({ ok: true, list: listFacts(list), files, elsewhere, error: null }),
      lines: (style) => [
        ...files.map(
          ({ file, url, isNew }) =>
            `${isNew ? style.good('wrote') : 'kept'} ${printable(file)}${url === null ? '' : ` for ${printable(url)}`}`,
        ),
        ...elsewhere.map((url) => `publish the issuer itself at ${printable(url)}`),
        `list ${list.number} is due again on ${dayOf(list.nextPublish.getTime())}, expires on ${dayOf(list.nextUpdate.getTime())}`,
      ],
    });
  });
}
