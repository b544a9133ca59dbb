import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import { openPrivateFolder, requirePrivate } from './private-folder.js';

/** Answers to challenges, by what the ACME server asks for. They are no secrets: anybody may ask. */
export interface Answers {
  put(question: string, answer: string): Promise<void>;
  get(question: string): Promise<string | null>;
  remove(question: string): Promise<void>;
}

/** In the memory of this process. */
export function answersInMemory(): Answers {
  const answers = new Map<string, string>();
  return {
    put(question, answer) {
      answers.set(question, answer);
      return Promise.resolve();
    },
    get: (question) => Promise.resolve(answers.get(question) ?? null),
    remove(question) {
      answers.delete(question);
      return Promise.resolve();
    },
  };
}

/**
 * Files of a folder, for all processes that have it. The folder is made when it is needed, for this account, SYSTEM and
 * the administrators.
 *
 * @param kind in front of each name: folders may have answers of several kinds
 */
export function answersInFolder(folder: string, kind: string): Answers {
  // Windows opens a device for the file name 'CON', and takes 'a' for 'A'. Strangers choose what is looked for.
  const fileOf = (question: string): string =>
    path.join(folder, `${kind}-${createHash('sha256').update(question).digest('hex')}`);
  return {
    async put(question, answer) {
      await openPrivateFolder(folder);
      await writePrivateFile(fileOf(question), answer, { overwrite: true, readers: 'folder' });
    },
    async get(question) {
      const answer = await readFile(fileOf(question), 'utf8').catch(nothingThere);
      if (answer !== null) await requirePrivate(folder);
      return answer;
    },
    remove: (question) => rm(fileOf(question), { force: true }),
  };
}

function nothingThere(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
