import { Records } from '../../../apps/tunnel/status/records.js';
import { StatusServer } from '../../../apps/tunnel/status/status-server.js';
import type { Work } from '../../../apps/tunnel/workers/worker.js';
import { toError } from '../../../base/errors/to-error.js';
import type { Tunnels } from '../../../tunnel.js';
import type { Teller } from './teller.js';
import type { Workers } from '../../workers.js';

/** Tunnels that other processes run. This one reads their file, and sees whether it is right. */
export interface CrewPlan {
  readonly count: number;
  /** The command that each worker runs. */
  readonly args: readonly string[];
  /** Where the status is shown; null for nowhere. */
  readonly status: { readonly accept: string; readonly anyAddress?: boolean | undefined } | null;
  readonly version: string;
  readonly drain: number;
}

/** What runs until it is closed. @returns how many connections were cut off */
export interface Running {
  readonly close: () => Promise<number>;
}

/**
 * Starts the processes, and has them reload whenever this one has.
 * @param signal stops them while they start
 * @throws why they can't take connections
 */
export async function startCrew(
  tunnels: Tunnels,
  { count, args, status, version, drain }: CrewPlan,
  teller: Teller,
  workers: Workers,
  signal: AbortSignal,
): Promise<Running> {
  const trouble = (error: unknown): void => teller.trouble(toError(error));
  const crew = workers.createCrew(count, args, {
    lost: trouble,
    said: (line, stream) => teller.pass(line, stream),
  });
  const server = status && new StatusServer({ version, read: () => crew.figures() }, status);
  await server?.listen();
  const stop = (): void => void crew.stop(0);
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', stop, { once: true });
    await crew.start();
  } catch (error) {
    await server?.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  tunnels.on('reload', (error) => {
    if (error === null) crew.reload().catch(trouble);
  });
  const figures = await crew.figures();
  for (const { status: one } of figures) teller.listening(one, figures.length > 1);
  teller.crew(count);
  if (server !== null) teller.status(server.address ?? '');
  return {
    close: async () => {
      const cutOff = await crew.stop(drain);
      await server?.close();
      return cutOff;
    },
  };
}

/** What a worker does for the process that has made it. */
export function workOf(
  tunnels: Tunnels,
  {
    reload,
    close,
  }: {
    /** Null if there is no file. */
    readonly reload: (() => Promise<void>) | null;
    readonly close: (options: { readonly drain: number }) => Promise<number>;
  },
): Work {
  const records = new Records(tunnels);
  return {
    figures: () => records.figures,
    reload: reload ?? (() => Promise.resolve()),
    stop: (drain) => close({ drain }),
  };
}
