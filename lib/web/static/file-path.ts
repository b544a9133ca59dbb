/** Why a path leads to no file that may be sent. */
export type PathRefusal = 'malformed' | 'hidden';

/**
 * Looks at the path of a request before the file system does. Windows has several names for most files, and names for
 * things that are no files. Whatever is refused here has a plain name, or is nothing to send:
 * - `app.js::$DATA` and `app.js:x` are streams of a file, and their extension is another one
 * - `app.js.` and `app.js ` are app.js
 * - `SECRET~1.TXT` is the short name of a file, which no rule about its long name would match
 * - `NUL`, `COM1.txt` and others are devices, in every folder
 * - `a\b` is a path
 *
 * Names that begin with a dot are hidden, except for `/.well-known/` (RFC 8615); web.config has settings of IIS. The
 * rules are the same on every system, so that a site does not depend on where it is tried out.
 *
 * Source: "Naming Files, Paths, and Namespaces" (Windows documentation).
 *
 * @param url the target of the request, in origin form
 * @returns null if it may be a file
 */
export function refusalOf(url: string): PathRefusal | null {
  const path = decoded(/^[^?#]*/.exec(url)?.[0] ?? '');
  if (!path?.startsWith('/')) return 'malformed';
  const segments = path.slice(1).split('/');
  return segments.some((segment, at) => isRefused(segment, at)) ? 'hidden' : null;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Not in names of files, or with a meaning: streams, separators, wildcards of DOS, control characters. */
// eslint-disable-next-line no-control-regex -- they are what it is about
const RESERVED = /[\u0000-\u001f\u007f<>:"|?*\\]/;

/** In every folder, with any extension, and with spaces before it. The digits include ¹, ² and ³. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;

/** Eight characters with a number, and an extension of three. */
const SHORT_NAME = /^[^.]{0,6}~\d{1,6}(?:\.[^.]{0,3})?$/;

const isRefused = (segment: string, at: number): boolean =>
  RESERVED.test(segment) ||
  /[. ]$/.test(segment) ||
  DEVICE.test(segment) ||
  SHORT_NAME.test(segment) ||
  (segment.startsWith('.') && !(at === 0 && segment === '.well-known')) ||
  segment.toLowerCase() === 'web.config';
