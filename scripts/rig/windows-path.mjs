import { join } from 'node:path';

/** `/usr/x` as a Windows program in the rig names it: drive Z: is the root directory. */
export const toWindowsPath = (path) => (path.startsWith('/') ? `Z:${path.replaceAll('/', '\\')}` : path);

/** The Unix path of a Windows one on drive Z: or in the prefix. */
export function toUnixPath(path, prefix) {
  const forward = path.replaceAll('\\', '/');
  if (/^z:\//i.test(forward)) return forward.slice(2);
  if (/^c:\//i.test(forward)) return join(prefix, 'drive_c', forward.slice(3));
  return path;
}

/**
 * A command line that CommandLineToArgvW and the C runtime take apart into `args` again: backslashes are
 * literal unless a quote follows them.
 */
export const commandLine = (args) => args.map(quote).join(' ');

function quote(arg) {
  if (arg !== '' && !/[\s"]/.test(arg)) return arg;
  return `"${arg.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
