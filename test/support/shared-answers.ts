import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TokenSource } from '#lib/apps/acme/challenge/redirect-server.js';
import { textIn } from '#lib/apps/acme/http/json.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from '#lib/apps/acme/challenge/solver.js';

/** Answers to HTTP-01 as files of a folder, which another process shows. */
export class SharedAnswers implements ChallengeSolver, TokenSource {
  readonly name = 'shared answers';
  readonly types = ['http-01'];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  refuses(): null {
    return null;
  }

  plan({ challenge, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> {
    return Promise.resolve({ token: challenge.token, keyAuthorization });
  }

  async show(plan: ChallengePlan): Promise<ChallengePlan> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(this.#file(plan['token']), textIn(plan, 'keyAuthorization'));
    return plan;
  }

  async undo({ token }: ChallengePlan): Promise<void> {
    await rm(this.#file(token), { force: true });
  }

  answerFor(token: string): Promise<string | null> {
    return readFile(this.#file(token), 'utf8').catch(() => null);
  }

  #file(token: unknown): string {
    return path.join(this.#folder, String(token));
  }
}
