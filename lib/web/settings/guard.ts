import type http from 'node:http';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { Sessions } from './sessions.js';

/** How a request is answered if it is refused. */
export const STATUS_OF: Readonly<Record<string, number | undefined>> = {
  ERR_SCHANNEL_SETTINGS_HOST: 421,
  ERR_SCHANNEL_SETTINGS_ORIGIN: 403,
  ERR_SCHANNEL_SETTINGS_LINK: 401,
  ERR_SCHANNEL_SETTINGS_DENIED: 401,
  ERR_SCHANNEL_SETTINGS_REQUEST: 400,
  ERR_SCHANNEL_SETTINGS_INVALID: 422,
};

/** The hosts by which a browser reaches this machine without asking DNS. */
const LOCAL_HOSTS = ['127.0.0.1', '[::1]', 'localhost'];

/**
 * The origin that a request is for. Another name may be that of a hostile site which leads here (DNS rebinding): its
 * pages would be of the same origin as the server.
 *
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_HOST
 */
export function originOf({ headers }: http.IncomingMessage, port: number): string {
  const host = headers.host?.toLowerCase() ?? '';
  const suffix = port === 80 ? '' : `:${port}`;
  if (LOCAL_HOSTS.some((local) => host === `${local}${suffix}`)) return `http://${host}`;
  throw new SchannelError(
    'ERR_SCHANNEL_SETTINGS_HOST',
    `There are no settings for the host '${printable(host, 100)}'`,
    { advice: 'Use the address that `schannel web settings` prints.' },
  );
}

/**
 * Refuses what the page of another origin sends. A page on another port of this machine is of the same site, so the
 * attributes of a cookie would not keep it out, and neither would `same-site`.
 *
 * @param changes whether the request changes something: then the browser, or the program, has to say where it is from
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_ORIGIN
 */
export function checkOrigin({ headers }: http.IncomingMessage, own: string, changes: boolean): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn = origin === undefined ? site === 'same-origin' : origin === own;
  const isForeign = (origin !== undefined && origin !== own) || (site !== undefined && !OWN_SITES.has(site));
  if (isForeign || (changes && !isOwn)) {
    throw new SchannelError(
      'ERR_SCHANNEL_SETTINGS_ORIGIN',
      `The request comes from another page: ${printable(origin ?? site?.toString() ?? 'it does not say which', 100)}`,
      { advice: 'Close that page. A program has to send the `Origin` of the settings page.' },
    );
  }
}

/** 'none' is what a person has typed, or opened from a bookmark. */
const OWN_SITES: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * The key of a request.
 *
 * @param use whether it counts as use of the key
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_DENIED
 */
export function checkKey({ headers }: http.IncomingMessage, sessions: Sessions, use: boolean): string {
  const key = /^Bearer ([\w-]{1,100})$/.exec(headers.authorization ?? '')?.[1];
  if (key !== undefined && sessions.has(key, use)) return key;
  throw new SchannelError('ERR_SCHANNEL_SETTINGS_DENIED', 'The key is missing, or has ended', {
    advice: 'Open the page with a new link: `schannel web settings` prints one.',
  });
}

export const LARGEST_BODY = 262_144;

/** The JSON object in the body. @throws SchannelError ERR_SCHANNEL_SETTINGS_REQUEST */
export async function bodyOf(request: http.IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const { headers } = request;
  // What a form can send without asking is no JSON.
  if (!/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(headers['content-type'] ?? '')) {
    throw refused('The body is not application/json');
  }
  if (Number(headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed if the body is too large: it has to be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw tooLarge();
    chunks.push(chunk);
  }
  return parsed(Buffer.concat(chunks).toString());
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw refused('The body is no JSON');
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
    return document as Readonly<Record<string, unknown>>;
  }
  throw refused('The body is no object');
}

const tooLarge = (): SchannelError => refused(`The body has more than ${LARGEST_BODY / 1024} KiB`);

export const refused = (message: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_SETTINGS_REQUEST', message, {
    advice: 'Send what the page sends.',
  });
