import { toError } from '../../../base/errors/to-error.js';
import type { TunnelFigures } from '../status/figures.js';
import { dataOf, type Order, type Report } from './messages.js';

/** The way to the process that has made this one: `process` of a worker. */
export interface Superior {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  send(report: Report): void;
  /** Otherwise the way would keep the process alive. */
  disconnect(): void;
}

/** What a worker does for its superior. */
export interface Work {
  readonly figures: () => readonly TunnelFigures[];
  readonly reload: () => Promise<void>;
  /** @returns how many connections were cut off */
  readonly stop: (drain: number) => Promise<number>;
}

/** Says that the worker takes connections, and obeys until it has stopped. */
export function obey(superior: Superior, work: Work): Promise<void> {
  return new Promise((resolve) => {
    const take = (message: unknown): void => {
      if (!isOrder(message)) return;
      void carryOut(message, work).then((report) => {
        superior.send(report);
        if (message.name !== 'stop') return;
        superior.off('message', take);
        superior.disconnect();
        resolve();
      });
    };
    superior.on('message', take);
    superior.send({ kind: 'ready' });
  });
}

/** Says why the worker can't take connections. */
export const giveUp = (superior: Superior, error: Error): void =>
  superior.send({ kind: 'failed', error: dataOf(error) });

async function carryOut({ id, name, argument }: Order, work: Work): Promise<Report> {
  try {
    const answer = await (name === 'stop'
      ? work.stop(argument ?? 0)
      : name === 'reload'
        ? work.reload()
        : work.figures());
    return { kind: 'done', id, answer: answer ?? null };
  } catch (error) {
    return { kind: 'undone', id, error: dataOf(toError(error)) };
  }
}

/** A program may send other messages. */
const isOrder = (message: unknown): message is Order =>
  typeof message === 'object' && message !== null && 'name' in message && 'argument' in message;
