import type http from 'node:http';
import { statSync } from 'node:fs';
import path from 'node:path';
import send from 'send';

import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import { refusalOf } from './file-path.js';

/** Files of a folder for everybody. */
export interface StaticOptions {
  readonly folder: string;
  /** The file for a path that ends with '/'. Default 'index.html'; false for none. */
  readonly index?: string | false | undefined;
  /** Extensions to try for a path without one: with ['html'], '/about' is about.html. Default none. */
  readonly extensions?: readonly string[] | undefined;
  /** Seconds for which a client need not ask again, at most a year. Default 0: it asks each time. */
  readonly maxAge?: number | undefined;
}

/** What the files of a folder say to a request. */
export type StaticFiles = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
) => Promise<StaticOutcome>;

/**
 * - 'sent': the response has its answer, which may still be on its way
 * - a status: there is no file to send, and nothing was written
 */
export type StaticOutcome = 'sent' | 400 | 404 | 405;

const YEAR_S = 31_536_000;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no folder; RangeError ERR_OUT_OF_RANGE */
export function staticFiles(given: string | StaticOptions): StaticFiles {
  if (typeof given !== 'string' && (typeof given !== 'object' || (given as unknown) === null)) {
    throw invalidType('options.static', 'of type string or an object', given);
  }
  const options = typeof given === 'string' ? { folder: given } : given;
  const { folder, index = 'index.html', extensions = [], maxAge = 0 } = options;
  if (typeof folder !== 'string') throw invalidType('options.static.folder', 'of type string', folder);
  integerWithin('options.static.maxAge', maxAge, 0, YEAR_S);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'static' must be a folder. There is none at ${folder}`,
    );
  }
  const settings: send.SendOptions = {
    root: path.resolve(folder),
    index,
    extensions: [...extensions],
    maxAge: maxAge * 1000,
    // refusalOf() knows which may be sent.
    dotfiles: 'allow',
  };
  return async (request, response) => {
    const { method, url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') return 405;
    const refusal = refusalOf(url);
    if (refusal !== null) return refusal === 'malformed' ? 400 : 404;
    return sendFile(request, response, settings);
  };
}

/** A file that is gone, or that this account may not read, is not there. */
const IS_MISSING: ReadonlySet<number> = new Set([403, 404]);

function sendFile(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  settings: send.SendOptions,
): Promise<StaticOutcome> {
  return new Promise((resolve) => {
    const before = OF_A_FILE.map((name) => [name, response.getHeader(name)] as const);
    const file = send(request, pathOf(request.url ?? ''), settings);
    response.once('close', () => resolve('sent'));
    file.on('error', ({ status, headers = {} }: HttpError) => {
      if (response.headersSent) {
        // The client sees that it is not whole.
        response.destroy();
        return;
      }
      for (const [name, value] of before) {
        if (value === undefined) response.removeHeader(name);
        else response.setHeader(name, value);
      }
      if (status === 400 || IS_MISSING.has(status)) resolve(status === 400 ? 400 : 404);
      else response.writeHead(status, { ...headers, 'Content-Length': 0 }).end();
    });
    file.pipe(response);
  });
}

/** What http-errors makes. */
interface HttpError extends Error {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What `send` says of a file. It would be wrong for an answer without it. */
const OF_A_FILE = [
  'Accept-Ranges',
  'Cache-Control',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Last-Modified',
] as const;

const pathOf = (url: string): string => /^[^?#]*/.exec(url)?.[0] ?? '';
