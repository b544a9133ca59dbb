import { isSearch } from '../../../tls/identity/search.js';
import type { Tunnels } from '../../../tunnel.js';
import type { CommandNeeds, NeededCertificate } from '../../lifecycle.js';
import type { TunnelFlags } from './flags.js';
import type { Opened } from './opened.js';
import { DRAIN_MS } from './run.js';

/** The certificate that a program chooses itself is not known before. */
function certificatesOf({ certificate }: { readonly certificate?: unknown }): NeededCertificate[] {
  return isSearch(certificate) ? [{ search: certificate, required: true }] : [];
}

/** The programs that are started as targets. */
const programsOf = ({ tunnels }: Tunnels): string[] =>
  tunnels
    .flatMap(({ settings }) => [
      ...settings.connect,
      ...(settings.mode === 'server'
        ? [...settings.routes.flatMap(({ connect }) => connect), ...(settings.redirect ?? [])]
        : []),
    ])
    .flatMap((target) => ('program' in target ? [target.program] : []));

/** For who runs it with the rights of another account. */
export function needsOf(file: string | undefined, flags: TunnelFlags, opened: Opened): CommandNeeds {
  const { tunnels } = opened;
  const files = [file, flags.cert, flags.key, ...(flags.ca ?? []), ...opened.files, ...programsOf(tunnels)];
  return {
    files: files.filter((each) => each !== undefined),
    paths: flags.log === undefined || flags.log === '-' ? [] : [flags.log],
    certificates: tunnels.tunnels.flatMap(({ settings }) => [
      ...certificatesOf(settings.tls),
      ...(settings.mode === 'server' ? settings.routes.flatMap(({ tls = {} }) => certificatesOf(tls)) : []),
    ]),
    stopsWithin: flags.drain?.milliseconds ?? DRAIN_MS,
  };
}
