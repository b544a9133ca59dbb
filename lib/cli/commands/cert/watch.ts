import type { Command } from 'commander';
import { LONGEST_TIMER_MS } from '../../../base/async/clock.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { duration, type Duration } from '../../arguments.js';
import { styleFor, type Style } from '../../terminal.js';
import { displayName, entryFacts } from './entry-facts.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import type { StoreChange } from '../../../windows/store/watch.js';
import { addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';
import { toJson } from '../../json.js';

interface WatchFlags extends StoreFlags {
  readonly for?: Duration;
  readonly once?: boolean;
}

/** Adds `schannel cert watch`. */
export function addWatchCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('watch')
    .summary('show changes of a store as they happen')
    .description(
      'Prints a line for each certificate that is added, changed or removed, until you press Ctrl+C.',
    )
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration)
    .option('--once', 'stop after the first change');
  addStoreFlags(command).action((flags: WatchFlags) => runWatch(flags, context));
}

async function runWatch(flags: WatchFlags, { certificates, io }: CommandContext): Promise<void> {
  const { stdout, stderr, env } = io;
  const store = await openSelectedStore(certificates, flags, 'MY', { readOnly: true });
  const end =
    flags.for === undefined ? null : AbortSignal.timeout(Math.min(flags.for.milliseconds, LONGEST_TIMER_MS));
  try {
    const changes = store.watch(end === null ? {} : { signal: end });
    await changes.started;
    stderr.write(`Watching ${store.path}\n`);
    const style = styleFor(stdout, env);
    for await (const change of changes) {
      // It may run for months.
      using certificate = change.certificate;
      const line = flags.json ? asJson(change.type, certificate) : asText(change.type, certificate, style);
      stdout.write(`${line}\n`);
      if (flags.once === true) break;
    }
  } catch (error) {
    if (end?.aborted !== true) throw error;
  } finally {
    store.close();
  }
}

type ChangeType = StoreChange<Certificate>['type'];

/** One object on each line, for programs that read while it runs. */
const asJson = (type: ChangeType, certificate: Certificate): string =>
  toJson({ time: new Date().toISOString(), type, certificate: entryFacts(certificate) });

const MARKS = { added: 'good', changed: 'warn', removed: 'bad' } as const;

function asText(type: ChangeType, certificate: Certificate, style: Style): string {
  const mark = style[MARKS[type]](type.padEnd(7));
  const name = printable(displayName(certificate));
  return `${style.dim(new Date().toISOString())} ${mark} ${name} (${certificate.thumbprint})`;
}
