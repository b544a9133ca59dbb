import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
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
  const answers = folder === undefined ? inMemory() : inFolder(folder);
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

interface Answers {
  put(token: string, keyAuthorization: string): Promise<void>;
  get(token: string): Promise<string | null>;
  remove(token: string): Promise<void>;
}

function inMemory(): Answers {
  const answers = new Map<string, string>();
  return {
    put(token, keyAuthorization) {
      answers.set(token, keyAuthorization);
      return Promise.resolve();
    },
    get: (token) => Promise.resolve(answers.get(token) ?? null),
    remove(token) {
      answers.delete(token);
      return Promise.resolve();
    },
  };
}

function inFolder(folder: string): Answers {
  // Windows opens a device for the file name 'CON', and takes 'a' for 'A'. Strangers choose what is looked for.
  const fileOf = (token: string): string =>
    path.join(folder, `http-${createHash('sha256').update(token).digest('hex')}`);
  return {
    async put(token, keyAuthorization) {
      await mkdir(folder, { recursive: true });
      const file = fileOf(token);
      const temporary = `${file}.${randomUUID()}.tmp`;
      try {
        await writeFile(temporary, keyAuthorization, { flag: 'wx' });
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async get(token) {
      try {
        return await readFile(fileOf(token), 'utf8');
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    },
    remove: (token) => rm(fileOf(token), { force: true }),
  };
}
