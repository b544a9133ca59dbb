import type { Challenge, Identifier } from '../protocol/resources.js';

/** What survives JSON.stringify() and JSON.parse() unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonRecord;

export interface JsonRecord {
  readonly [name: string]: JsonValue;
}

/** One challenge that needs an answer. */
export interface ChallengeTask {
  /** The name as it was ordered: '*.bar.example' for a wildcard. */
  readonly name: Identifier;
  /** One of the {@link ChallengeSolver.types} of the solver. */
  readonly challenge: Challenge;
  /** URL of the account. */
  readonly account: string;
  /** What HTTP-01 shows, and what TLS-ALPN-01 hashes: token and thumbprint (RFC 8555 §8.1). */
  readonly keyAuthorization: string;
  /** The value of the TXT record of DNS-01 (RFC 8555 §8.4). */
  readonly txt: string;
}

/**
 * What a solver is about to change, or has changed: all that it needs in order to undo it in another process. It has no
 * secrets, since the journal keeps it in a file.
 */
export type ChallengePlan = JsonRecord;

export interface ChallengeContext {
  readonly signal?: AbortSignal | undefined;
  /** Says something in a sentence, for people who read the log. */
  readonly log: (text: string) => void;
}

/**
 * Something that answers challenges.
 *
 * An order calls `plan()`, writes the plan into its journal, calls `show()`, writes what that returns, and calls
 * `undo()` after the authority has looked. If the process is killed at any moment, the next one calls `undo()` with
 * what the journal has. That may be the first plan although `show()` had finished. So nothing but the plan must be
 * enough to find what was changed.
 */
export interface ChallengeSolver {
  /**
   * For journals, logs and errors: 'dns-01 by DNSimple'. It must stay the same over restarts, and no other solver of
   * the program may have it: what is left of a killed process goes to the solver with this name.
   */
  readonly name: string;
  /** Kinds of challenges, best first: 'http-01', 'dns-01', 'tls-alpn-01', 'dns-persist-01'. */
  readonly types: readonly string[];
  /**
   * Why it can't serve a name, in half a sentence: 'a wildcard needs a DNS record'. Null if it can. It asks nobody.
   */
  refuses(name: Identifier): string | null;
  /**
   * What it will change. Nothing is changed yet; others may be asked, for example which zone a name is in.
   *
   * @throws SchannelError if the challenge can't be answered
   */
  plan(task: ChallengeTask, context: ChallengeContext): Promise<ChallengePlan>;
  /**
   * Shows the answer. What it returns replaces the plan in the journal: with the number of a record, for example.
   *
   * @throws SchannelError if it can't be shown; `undo()` is called anyway
   */
  show(plan: ChallengePlan, context: ChallengeContext): Promise<ChallengePlan>;
  /**
   * Waits until the authority can see everything that an order shows by this solver. The order goes on even if it
   * cannot be seen from here, so this only rejects if the signal ends it.
   */
  settle?(plans: readonly ChallengePlan[], context: ChallengeContext): Promise<void>;
  /** Removes what was shown, and only that. Something that is not there counts as removed. */
  undo(plan: ChallengePlan, context: ChallengeContext): Promise<void>;
}
