import cluster from 'node:cluster';
import { createInterface } from 'node:readline';
import { Crew, type WorkerProcess } from '../apps/tunnel/workers/crew.js';
import { giveUp, obey, type Superior, type Work } from '../apps/tunnel/workers/worker.js';
import { toError } from '../base/errors/to-error.js';

/** Processes that run the same command and share its ports, and the way from one of them to who has made it. */
export interface Workers {
  /** Which of them this process is, counted from 1; null if it is none. */
  readonly number: number | null;
  /**
   * @param args of the command that each of them runs
   */
  readonly createCrew: (
    count: number,
    args: readonly string[],
    events: CrewEvents,
  ) => Pick<Crew, 'start' | 'figures' | 'reload' | 'stop'>;
  /** What a worker does: it begins, or says why it can't, and then does what it is told until it has stopped. */
  readonly work: (begin: () => Promise<void>, work: Work) => Promise<void>;
}

export interface CrewEvents {
  /** One of them has ended by itself. */
  readonly lost: (error: Error) => void;
  /** One of them has written a line. */
  readonly said: (line: string, stream: 'stdout' | 'stderr') => void;
}

export const WORKERS: Workers = {
  number: cluster.isWorker ? (cluster.worker?.id ?? null) : null,
  createCrew: (count, args, { lost, said }) => {
    // A service has no output that workers could inherit.
    cluster.setupPrimary({ args: [...args], silent: true, serialization: 'advanced' });
    // Node's default on Windows leaves it to the system, which prefers few processes.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    return new Crew({ count, lost, fork: () => fork(said) });
  },
  work: (begin, work) => workFor(SUPERIOR, begin, work),
};

const SUPERIOR: Superior = {
  on: (event, listener) => process.on(event, listener),
  off: (event, listener) => process.off(event, listener),
  send: (report) => void process.send?.(report),
  disconnect: () => process.disconnect(),
};

function fork(said: CrewEvents['said']): WorkerProcess {
  const worker = cluster.fork().process;
  for (const stream of ['stdout', 'stderr'] as const) {
    const { [stream]: input } = worker;
    if (input !== null) createInterface({ input }).on('line', (line) => said(line, stream));
  }
  return {
    send: (order, sent) => worker.send(order, sent),
    onReport: (listener) => worker.on('message', listener),
    onExit: (listener) => worker.on('exit', listener),
    kill: () => void worker.kill('SIGKILL'),
  };
}

/** Ctrl+C is for all processes of a console, and the one that has made this one ends it. */
export async function workFor(superior: Superior, begin: () => Promise<void>, work: Work): Promise<void> {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore).on('SIGTERM', ignore);
  try {
    await begin();
    await obey(superior, work);
  } catch (error) {
    giveUp(superior, toError(error));
    superior.disconnect();
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', ignore);
  }
}
