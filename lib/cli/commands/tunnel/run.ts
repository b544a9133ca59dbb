import { deferred } from '../../../base/async/deferred.js';
import type { StatusServer, Tunnels } from '../../../tunnel.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { type Running, startCrew, workOf } from './crew.js';
import type { TunnelFlags } from './flags.js';
import type { Opened } from './opened.js';
import { Teller } from './teller.js';
import type { AnyTeller } from './telling.js';

/** The time to drain if nothing is said. */
export const DRAIN_MS = 30_000;

/** Runs tunnels until they are ended, and closes them. @throws why they can't start */
export async function runOpened(
  opened: Opened,
  flags: TunnelFlags,
  context: CommandContext,
  teller: AnyTeller,
): Promise<void> {
  const { web, workers, exit, lifecycle } = context;
  if (workers.number !== null) {
    teller.listenTo(opened.tunnels);
    await workers.work(() => opened.listen(listenOf(flags)), workOf(opened.tunnels, opened));
    return;
  }
  teller.configured(opened.notices, opened.process().debug);
  if (flags.check === true) {
    teller.checked(opened.tunnels.tunnels.length);
    return;
  }
  const ended = deferred();
  const start = async (): Promise<Running> => {
    teller.listenTo(opened.tunnels);
    const running = await unlessEnded(opened, flags, lifecycle, ended.resolve, (signal) =>
      flags.workers === undefined || !(teller instanceof Teller)
        ? startHere(opened, flags, teller, context)
        : startWorkers(flags.workers, opened, flags, teller, context, signal),
    );
    const stopReloading = opened.reload === null ? () => undefined : lifecycle.onReload(opened.reload);
    return {
      close: async () => {
        stopReloading();
        return running.close();
      },
    };
  };
  const cutOff = await web.runService(start, { stop: ended.promise, report: lifecycle.report });
  teller.ended();
  if (cutOff === 0) return;
  teller.complain(`${String(cutOff)} connections were cut off`);
  exit(EXIT_CODES.cutOff);
}

/**
 * A start that ends early if the command is ended meanwhile: addresses may be tried again for a long time.
 *
 * @param ended is called when the command is ended
 * @throws why it can't start
 */
async function unlessEnded(
  opened: Opened,
  flags: TunnelFlags,
  lifecycle: CommandContext['lifecycle'],
  ended: () => void,
  start: (signal: AbortSignal) => Promise<Running>,
): Promise<Running> {
  // It keeps the process alive, also if the tunnels can't listen.
  const wait = new AbortController();
  const stop = new AbortController();
  let isStarting = true;
  void lifecycle.untilEnded(flags.for, wait.signal).then(async () => {
    ended();
    if (!isStarting) return;
    stop.abort();
    await opened.close({ drain: 0 });
  });
  try {
    return await start(stop.signal);
  } catch (error) {
    isStarting = false;
    wait.abort();
    if (stop.signal.aborted) return { close: () => Promise.resolve(0) };
    throw error;
  } finally {
    isStarting = false;
  }
}

const listenOf = ({ retry }: TunnelFlags): { retry: number } => ({ retry: retry?.milliseconds ?? 0 });

async function startHere(
  opened: Opened,
  flags: TunnelFlags,
  teller: AnyTeller,
  context: CommandContext,
): Promise<Running> {
  const status = await statusOf(opened.tunnels, flags, context);
  try {
    await opened.listen(listenOf(flags));
  } catch (error) {
    await status?.close();
    throw error;
  }
  teller.ready();
  if (status !== null) teller.status(status.address ?? '');
  return {
    close: async () => {
      const cutOff = await opened.close({ drain: flags.drain?.milliseconds });
      await status?.close();
      return cutOff;
    },
  };
}

/** Each worker runs the same command; only this process watches the file. */
async function startWorkers(
  count: number,
  opened: Opened,
  { status, statusAnyAddress, version, drain }: TunnelFlags,
  teller: Teller,
  { args, workers }: CommandContext,
  signal: AbortSignal,
): Promise<Running> {
  const running = await startCrew(
    opened.tunnels,
    {
      count,
      args: opened.reload === null ? args : [...args, '--no-watch'],
      status: status === undefined ? null : { accept: status, anyAddress: statusAnyAddress },
      version,
      drain: drain?.milliseconds ?? DRAIN_MS,
    },
    teller,
    workers,
    signal,
  );
  opened.follow();
  return {
    close: async () => {
      await opened.close({ drain: 0 });
      return running.close();
    },
  };
}

/** Begins before the tunnels do, so that nothing is missing. It shows how they start, and how they drain. */
function statusOf(
  tunnels: Tunnels,
  { status, statusAnyAddress, version }: TunnelFlags,
  { tunnel: library }: CommandContext,
): Promise<StatusServer> | null {
  if (status === undefined) return null;
  return library.serveTunnelStatus(tunnels, { accept: status, anyAddress: statusAnyAddress, version });
}
