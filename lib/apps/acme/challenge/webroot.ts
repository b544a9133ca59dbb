import { mkdir, readFile, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { invalidType } from '../../../base/errors/argument-error.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { askByHttp, checkedPort, lookAtAnswers, type LocalLookOptions } from './local-look.js';
import { notShown, refusesWildcards, textOf } from './plan.js';
import type { ChallengePlan, ChallengeSolver } from './solver.js';

export interface WebrootOptions extends LocalLookOptions {
  /** The folder that another web server has for '/', such as 'C:\\inetpub\\wwwroot'. */
  readonly folder: string;
  /**
   * Whether a Web.config is put beside the answers: IIS serves no files without an extension otherwise. One that is
   * there already stays as it is. Default: on Windows.
   */
  readonly webConfig?: boolean | undefined;
}

/** RFC 8555 §8.3. */
const FOLDERS = ['.well-known', path.join('.well-known', 'acme-challenge')] as const;
const ANSWERS = FOLDERS[1];
const WEB_CONFIG = 'Web.config';

/** Serves files without an extension, by nothing but the module for files. */
const CONFIGURATION = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written for ACME, and removed with its last file. -->
<configuration>
  <system.webServer>
    <staticContent>
      <remove fileExtension="." />
      <mimeMap fileExtension="." mimeType="application/octet-stream" />
    </staticContent>
    <handlers>
      <clear />
      <add name="StaticFile" path="*" verb="GET,HEAD" modules="StaticFileModule" resourceType="File" requireAccess="Read" />
    </handlers>
  </system.webServer>
</configuration>
`;

/**
 * Answers HTTP-01 (RFC 8555 §8.3) by files in the folder of another web server, which has port 80: IIS, Apache, nginx.
 * Files and folders that it made are removed again.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
 */
export function webroot({
  folder,
  webConfig = process.platform === 'win32',
  port = 80,
}: WebrootOptions): ChallengeSolver {
  if (typeof folder !== 'string' || folder === '')
    throw invalidType('options.folder', 'of type string', folder);
  const root = path.resolve(folder);
  checkedPort(port);
  /** Folders of this process. The plan of a second challenge would take them for the site's. */
  const made = new Set<string>();
  return {
    name: `http-01 in ${root}`,
    types: ['http-01'],
    refuses: refusesWildcards,
    async plan({ name, challenge, keyAuthorization }) {
      const isThere = await Promise.all(FOLDERS.map((each) => exists(path.join(root, each))));
      FOLDERS.forEach((each, at) => {
        if (isThere[at] === false) made.add(each);
      });
      return { value: name.value, token: challenge.token, keyAuthorization, made: [...made] };
    },
    async show(plan) {
      const file = fileIn(root, plan);
      try {
        if (file === null) throw new Error('The token is no name of a file');
        // A root that is not there is a mistake. It would be made in the wrong place.
        await stat(root);
        await mkdir(path.join(root, ANSWERS), { recursive: true });
        if (webConfig) await writeNew(path.join(root, ANSWERS, WEB_CONFIG), CONFIGURATION);
        await writeFile(file, textOf(plan, 'keyAuthorization'));
        return plan;
      } catch (error) {
        const advice = 'Check the folder of the web server, and who may write into it.';
        throw notShown(`The answer to HTTP-01 was not written into ${root}`, error, advice);
      }
    },
    settle: (plans, context) => lookAtAnswers(plans, askByHttp, port, context),
    async undo(plan) {
      const file = fileIn(root, plan);
      if (file !== null && (await contentOf(file)) === textOf(plan, 'keyAuthorization'))
        await rm(file, { force: true });
      const config = path.join(root, ANSWERS, WEB_CONFIG);
      const isLast = (await entriesOf(path.join(root, ANSWERS))).join() === WEB_CONFIG;
      if (isLast && (await contentOf(config)) === CONFIGURATION) await rm(config, { force: true });
      for (const each of [...FOLDERS].reverse()) {
        if (isMade(plan, each)) await removeEmpty(path.join(root, each));
      }
    },
  };
}

/** Null for a token that is no plain file name: 'CON' and 'COM1' are devices. Real tokens have at least 128 bits. */
function fileIn(root: string, plan: ChallengePlan): string | null {
  const token = textOf(plan, 'token');
  return /^[\w-]{8,128}$/.test(token) ? path.join(root, ANSWERS, token) : null;
}

const isMade = (plan: ChallengePlan, folder: string): boolean => {
  const made = plan['made'];
  return Array.isArray(made) && made.includes(folder);
};

async function exists(file: string): Promise<boolean> {
  return (await ifThere(stat(file))) !== null;
}

const contentOf = (file: string): Promise<string | null> => ifThere(readFile(file, 'utf8'));

const entriesOf = async (folder: string): Promise<readonly string[]> =>
  (await ifThere(readdir(folder))) ?? [];

async function ifThere<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function writeNew(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Somebody may have put something into it meanwhile. */
async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errorCode(error))) throw error;
  }
}
