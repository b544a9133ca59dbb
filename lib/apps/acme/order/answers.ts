import { endIfAborted } from '../../../base/errors/abort-error.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { ChallengeContext, ChallengeSolver, ChallengeTask } from '../challenge/solver.js';
import type { AcmeClient } from '../protocol/client.js';
import { type Authorization, type Challenge, type Identifier, unusable } from '../protocol/resources.js';
import type { OrderJournal, ShownAnswer } from './journal.js';
import type { OrderLog } from './log.js';

/** What answering challenges needs. */
export interface AnswerContext {
  readonly client: AcmeClient;
  readonly journal: OrderJournal;
  /** What was ordered. */
  readonly names: readonly Identifier[];
  readonly solvers: readonly ChallengeSolver[];
  readonly log: OrderLog;
  /** Until when the server may decide, from the first wait on. */
  readonly patience: () => Date;
  readonly signal: AbortSignal | undefined;
}

/** How long the removal of one answer may take, in milliseconds. The signal of the caller does not end it. */
const REMOVAL_MS = 60_000;

interface Chosen {
  readonly authorization: Authorization;
  readonly solver: ChallengeSolver;
  readonly task: ChallengeTask;
}

/**
 * Proves every name of an order that the server does not know to be ours already. Whatever was shown is removed at the
 * end, also after a failure.
 *
 * @throws SchannelError with the code of what the server found at the first name
 */
export async function proveNames(authorizations: readonly string[], context: AnswerContext): Promise<void> {
  const chosen: Chosen[] = [];
  for (const url of authorizations) {
    const found = await context.client.authorization(url, context);
    if (found.status === 'valid')
      context.log.step('confirmed', `${nameOf(found)} is confirmed already`, nameOf(found));
    else if (found.status === 'pending') chosen.push(choose(found, context));
    else throw notOpen(found);
  }
  if (chosen.length === 0) return;
  try {
    await showAll(chosen, context);
    await acceptAll(chosen, context);
  } catch (error) {
    // The first failure is the one to report. What is left stays in the journal.
    await removeShown(context).catch(() => undefined);
    throw error;
  }
  await removeShown(context);
}

/**
 * Removes everything that the journal lists as shown. What can't be removed now stays in the journal for the next
 * attempt, with a warning.
 */
export async function removeShown({
  journal,
  solvers,
  log,
}: Pick<AnswerContext, 'journal' | 'solvers' | 'log'>): Promise<void> {
  const left: ShownAnswer[] = [];
  const { shown } = journal.record;
  for (const each of shown) {
    const solver = solvers.find(({ name }) => name === each.solver);
    try {
      if (solver === undefined) throw new Error(`"${printable(each.solver)}" is not set up any more`);
      await solver.undo(each.plan, solverContext(log, each.name, AbortSignal.timeout(REMOVAL_MS)));
      log.step('undone', `What proved ${each.name} was removed (${each.solver})`, each.name);
    } catch (error) {
      left.push(each);
      log.problem(
        'warning',
        `What proved ${each.name} could not be removed (${each.solver})`,
        error,
        each.name,
      );
    }
  }
  if (shown.length > 0) await journal.change({ shown: left });
}

/** @throws SchannelError ERR_SCHANNEL_ACME_CHALLENGE */
function choose(authorization: Authorization, { client, solvers, names }: AnswerContext): Chosen {
  const { challenges } = authorization;
  const name = orderedName(authorization, names);
  const able = solvers.filter((solver) => solver.refuses(name) === null);
  // One that the server is looking at already can't be exchanged for another.
  const begun = challenges.find(({ status }) => status === 'processing');
  const open = begun === undefined ? challenges.filter(({ status }) => status === 'pending') : [begun];
  for (const solver of able) {
    for (const type of solver.types) {
      const challenge = open.find((each) => each.type === type && isComplete(each));
      if (challenge === undefined) continue;
      const { keyAuthorization, txt } = client.proofFor(challenge);
      return {
        authorization,
        solver,
        task: { name, challenge, account: client.account, keyAuthorization, txt },
      };
    }
  }
  const offered = printable([...new Set(challenges.map(({ type }) => type))].join(', ')) || 'nothing';
  const ours = [...new Set(able.flatMap(({ types }) => types))].join(', ') || 'nothing';
  throw new SchannelError(
    'ERR_SCHANNEL_ACME_CHALLENGE',
    `The server offers ${offered} for ${name.value}, and this machine can answer ${ours}`,
    { advice: 'Set up one of the kinds that the server offers.' },
  );
}

/**
 * The name that an authorization is for. A server must not have us show something at other names.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_ANSWER
 */
function orderedName(authorization: Authorization, names: readonly Identifier[]): Identifier {
  const { identifier, wildcard } = authorization;
  const find = (value: string): Identifier | undefined =>
    names.find((each) => each.type === identifier.type && each.value === value);
  const star = find(`*.${identifier.value}`);
  // Not every server says that it is for the wildcard.
  const found = wildcard ? star : (find(identifier.value) ?? star);
  if (found !== undefined) return found;
  throw unusable(`an authorization for ${printable(nameOf(authorization), 253)}, which was not ordered`);
}

/** A token that was none is '' here. */
const isComplete = ({ type, token }: Challenge): boolean => token !== '' || type === 'dns-persist-01';

async function showAll(chosen: readonly Chosen[], context: AnswerContext): Promise<void> {
  const { journal, log, signal } = context;
  for (const { solver, task } of chosen) {
    const name = task.name.value;
    endIfAborted(signal);
    const plan = await solver.plan(task, solverContext(log, name, signal));
    const before = journal.record.shown;
    const answer = { solver: solver.name, name, plan };
    await journal.change({ shown: [...before, answer] });
    log.step('planned', `${solver.name} will prove ${name}`, name);
    const shown = await solver.show(plan, solverContext(log, name, signal));
    if (shown !== plan) await journal.change({ shown: [...before, { ...answer, plan: shown }] });
    log.step('shown', `${solver.name} shows the proof of ${name}`, name);
  }
  for (const solver of new Set(chosen.map((each) => each.solver))) {
    const plans = journal.record.shown.filter((each) => each.solver === solver.name).map(({ plan }) => plan);
    await solver.settle?.(plans, solverContext(log, null, signal));
  }
}

async function acceptAll(chosen: readonly Chosen[], context: AnswerContext): Promise<void> {
  const { client, log, signal } = context;
  for (const { task } of chosen) {
    const { challenge, name } = task;
    if (challenge.status === 'processing') continue;
    await client.accept(challenge, { signal });
    log.step('accepted', `The server was told to look at ${name.value} (${challenge.type})`, name.value);
  }
  const until = context.patience();
  const failures: Error[] = [];
  for (const { authorization, task } of chosen) {
    const name = task.name.value;
    try {
      await client.waitForAuthorization(authorization.url, { signal, until });
      log.step('confirmed', `${name} is confirmed`, name);
    } catch (error) {
      endIfAborted(signal);
      log.problem('warning', `${name} was not confirmed`, error, name);
      failures.push(toError(error));
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return;
  throw others.length === 0 ? first : severalFailed(first, failures);
}

/** The server fails the whole order for one name. A person who mends one wants to know of the others too. */
function severalFailed(first: Error, failures: readonly Error[]): Error {
  const message = failures.map((each) => each.message).join('; ');
  const { code, problem, retryAfter, advice } = first as Partial<SchannelError>;
  return new SchannelError(code ?? 'ERR_SCHANNEL_ACME_ORDER', message, {
    phase: 'data',
    cause: first,
    ...(problem !== undefined && { problem }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(advice !== undefined && { advice }),
  });
}

const notOpen = (authorization: Authorization): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_ORDER',
    `${nameOf(authorization)} can't be confirmed: the authorization is ${authorization.status}`,
    { advice: 'Try again later: the order will have ended, and another one is made.' },
  );

const nameOf = ({ identifier, wildcard }: Authorization): string =>
  wildcard ? `*.${identifier.value}` : identifier.value;

const solverContext = (
  log: OrderLog,
  name: string | null,
  signal: AbortSignal | undefined,
): ChallengeContext => ({
  signal,
  log: (text) => {
    log.step('note', text, name);
  },
});
