import type { Command } from 'commander';
import { type Template, TEMPLATES, templateJson } from '../../../apps/authority/template.js';
import { usageName } from '../../../formats/x509/usages.js';
import type { CommandContext } from '../../command-context.js';
import { toJson } from '../../json.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import { UsageError } from '../../usage-error.js';
import { addJsonFlag } from './open-authority.js';

/** Adds `schannel ca templates`. */
export function addTemplatesCommand(ca: Command, { io }: CommandContext): void {
  const command = ca
    .command('templates')
    .summary('show the templates')
    .description(
      'Lists the templates, or prints one as JSON. Save that to a file, change it, and give the file to --template; or put it ' +
        'into the folder "templates" of the authority, and give its name.',
    )
    .argument('[name]', 'print only this one');
  addJsonFlag(command).action((name: string | undefined, flags: { readonly json?: boolean }) => {
    const all = [...TEMPLATES.values()];
    if (name === undefined) {
      writeReport(io, flags, {
        facts: () => ({ ok: true, templates: all.map(templateJson), error: null }),
        lines: (style) =>
          formatTable(['name', 'days', 'purposes', 'names', 'key usage'], all.map(rowOf), style),
      });
      return;
    }
    const template = TEMPLATES.get(name);
    if (template === undefined) throw new UsageError(`The templates are ${[...TEMPLATES.keys()].join(', ')}`);
    io.stdout.write(`${toJson(templateJson(template), 2)}\n`);
  });
}

const rowOf = ({
  name,
  days,
  mostDays,
  extendedKeyUsage,
  names,
  namesRequired,
  keyUsage,
}: Template): string[] => [
  name,
  `${days}, at most ${mostDays}`,
  extendedKeyUsage.map(usageName).join(', ') || 'any',
  names.length === 0 ? 'none' : `${names.join(', ')}${namesRequired ? '' : ' (optional)'}`,
  keyUsage.join(', '),
];
