import path from 'node:path';
import { answersInFolder, answersInMemory } from './answers.js';
import { notShown, refusesWildcards, textOf } from './plan.js';
import type { TokenSource } from './redirect-server.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from './solver.js';

export interface HttpTokensOptions {
  /**
   * A folder for the answers, one file each. Every process that has this folder answers for all of them: the one that
   * has port 80 need not be the one that has the order. Default: they are kept in the memory of this process.
   */
  readonly folder?: string | undefined;
}

/** What answers HTTP-01: for an order it is a solver, for the server on port 80 its option `tokens`. */
export type HttpTokenSolver = ChallengeSolver & TokenSource;

/**
 * Answers HTTP-01 (RFC 8555 §8.3): give it to an order as a solver, and to createRedirectServer() as its tokens.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function httpTokens({ folder }: HttpTokensOptions = {}): HttpTokenSolver {
  const answers = folder === undefined ? answersInMemory() : answersInFolder(folder, 'http');
  return {
    name: folder === undefined ? 'http-01' : `http-01 by ${path.resolve(folder)}`,
    types: ['http-01'],
    refuses: refusesWildcards,
    plan: planFor,
    async show(plan) {
      try {
        await answers.put(textOf(plan, 'token'), textOf(plan, 'keyAuthorization'));
        return plan;
      } catch (error) {
        throw notShown(
          'The answer to HTTP-01 was not written',
          error,
          'Check the folder, its rights and the disk.',
        );
      }
    },
    undo: (plan) => answers.remove(textOf(plan, 'token')),
    answerFor: async (token) => (TOKEN.test(token) ? answers.get(token) : null),
  };
}

/** RFC 8555 §8.3. */
const TOKEN = /^[\w-]{1,128}$/;

const planFor = ({ challenge, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> =>
  Promise.resolve({ token: challenge.token, keyAuthorization });
