import path from 'node:path';
import { answersInFolder, answersInMemory } from './answers.js';
import { askByHttp, checkedPort, lookAtAnswers, type LocalLookOptions } from './local-look.js';
import type { ListeningSolver } from './check-challenges.js';
import { notShown, refusesWildcards, textOf } from './plan.js';
import type { TokenSource } from './redirect-server.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from './solver.js';

export interface HttpTokensOptions extends LocalLookOptions {
  /**
   * A folder for the answers, one file each. Every process that has this folder answers for all of them: the one that
   * has port 80 need not be the one that has the order. Default: they are kept in the memory of this process.
   *
   * A new one is for this account, SYSTEM and the administrators. Give other accounts the right to read it if they run
   * the server. A folder that others can write to is refused: they could get certificates for this machine.
   */
  readonly folder?: string | undefined;
}

/** What answers HTTP-01: for an order it is a solver, for the server on port 80 its option `tokens`. */
export type HttpTokenSolver = ChallengeSolver & TokenSource & ListeningSolver;

/**
 * Answers HTTP-01 (RFC 8555 §8.3): give it to an order as a solver, and to createRedirectServer() as its tokens.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
 */
export function httpTokens({ folder, port = 80 }: HttpTokensOptions = {}): HttpTokenSolver {
  checkedPort(port);
  const answers = folder === undefined ? answersInMemory() : answersInFolder(folder, 'http');
  return {
    name: folder === undefined ? 'http-01' : `http-01 by ${path.resolve(folder)}`,
    types: ['http-01'],
    // With a folder, another process may have it.
    needsPort: folder === undefined && port !== 0 ? port : null,
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
    settle: (plans, context) => lookAtAnswers(plans, askByHttp, port, context),
    undo: (plan) => answers.remove(textOf(plan, 'token')),
    answerFor: async (token) => (TOKEN.test(token) ? answers.get(token) : null),
  };
}

/** RFC 8555 §8.3. */
const TOKEN = /^[\w-]{1,128}$/;

const planFor = ({ name, challenge, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> =>
  Promise.resolve({ value: name.value, token: challenge.token, keyAuthorization });
