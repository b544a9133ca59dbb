import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printableList } from '../../../base/text/printable.js';
import { createPrivateFolder, strangersIn } from '../../../windows/import-export/folder-rights.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';

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
      await createPrivateFolder(folder);
      await requirePrivate(folder);
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

/** Anybody whose answers are shown here can get certificates for the names of this machine. */
async function requirePrivate(folder: string): Promise<void> {
  const strangers = await strangersIn(folder, 'folder');
  if (strangers === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_ACME_CHALLENGE',
    `Others can write to ${folder}, and get certificates for the names of this machine: ${printableList(strangers.names)}`,
    { advice: `Take that right away: ${strangers.remedy}` },
  );
}
