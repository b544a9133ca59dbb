import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** As they are in the repository and in the package: the compiler copies only TypeScript. */
const FOLDER = path.join(__dirname, '..', '..', '..', 'lib', 'web', 'settings', 'page');

const TYPES: Readonly<Record<string, string | undefined>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files of the page, by the path of their URL. Nothing else is read. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['/', 'index.html'],
  ...['style.css', 'main.js', 'api.js', 'form.js', 'status.js', 'log.js', 'dom.js', 'icon.svg'].map(
    (name) => [`/${name}`, name] as const,
  ),
]);

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** @returns null if there is no such file */
export async function pageFile(pathname: string): Promise<PageFile | null> {
  const name = FILES.get(pathname);
  if (name === undefined) return null;
  const type = TYPES[path.extname(name)] ?? 'application/octet-stream';
  return { type, content: await readFile(path.join(FOLDER, name)) };
}

/**
 * The headers of everything that the server sends. The page loads from this server only, runs no other script, can't be
 * framed, and no script may turn text into markup.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    ...["script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};
