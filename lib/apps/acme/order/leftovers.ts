import path from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import type { ChallengeSolver } from '../challenge/solver.js';
import { removeShown } from './answers.js';
import { OrderJournal } from './journal.js';
import type { CertificateKey, CertificateKeys, KeyPlan } from './keys.js';
import { OrderLog, type OrderLogEntry } from './log.js';

/** Journals that an order of this process uses. */
const used = new Set<string>();

/** What {@link undoLeftovers} needs. */
export interface Leftovers<Key extends CertificateKey> {
  readonly journal: string;
  readonly solvers: readonly ChallengeSolver[];
  readonly keys: Pick<CertificateKeys<Key>, 'remove'>;
  readonly log?: ((entry: OrderLogEntry) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Removes what others can still see of an order that was interrupted: records, tokens, and keys that were given up. The
 * order itself can go on later.
 *
 * @returns what could not be removed, in words; it stays in the journal
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function undoLeftovers<Key extends CertificateKey>(
  leftovers: Leftovers<Key>,
): Promise<readonly string[]> {
  const { journal: file, clock = SYSTEM_CLOCK, solvers, keys } = leftovers;
  return exclusively(file, async () => {
    const log = new OrderLog(leftovers.log, clock);
    const journal = await openJournal(file, log);
    log.order = journal.record.order?.url ?? null;
    await removeShown({ journal, solvers, log });
    await removeKeys(journal, keys, log);
    const { shown, keys: left } = journal.record;
    return [
      ...shown.map(({ solver, name }) => `the proof of ${name} (${solver})`),
      ...left.map((plan) => `the key ${JSON.stringify(plan)}`),
    ];
  });
}

/** Runs a task that is the only one of this process with a journal. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
export async function exclusively<Value>(file: string, task: () => Promise<Value>): Promise<Value> {
  const full = path.resolve(file);
  if (used.has(full)) {
    throw new SchannelError(
      'ERR_SCHANNEL_ACME_STATE',
      `Another order of this process uses the journal ${full}`,
      {
        advice: 'Wait until it has ended.',
      },
    );
  }
  used.add(full);
  try {
    return await task();
  } finally {
    used.delete(full);
  }
}

/** @throws SchannelError ERR_SCHANNEL_ACME_STATE */
export async function openJournal(file: string, log: OrderLog): Promise<OrderJournal> {
  const journal = await OrderJournal.open(file);
  const { damaged } = journal;
  if (damaged !== null)
    log.step('warning', `The journal was damaged. It is kept as ${damaged}, and this is a new order`);
  return journal;
}

/** Deletes the keys of orders that were given up. What can't be deleted now stays in the journal, with a warning. */
export async function removeKeys<Key extends CertificateKey>(
  journal: OrderJournal,
  keys: Pick<CertificateKeys<Key>, 'remove'>,
  log: OrderLog,
): Promise<void> {
  const { keys: plans } = journal.record;
  const left: KeyPlan[] = [];
  for (const plan of plans) {
    try {
      await keys.remove(plan);
    } catch (error) {
      left.push(plan);
      log.problem('warning', 'A key that is not needed any more could not be deleted', error);
    }
  }
  if (plans.length > 0) await journal.change({ keys: left });
}
