import type { StunnelNotice, StunnelProcess, Tunnels } from '../../../tunnel.js';
import type { CommandContext } from '../../command-context.js';
import type { TunnelFlags } from './flags.js';
import { optionsOf } from './options.js';

/** The tunnels of a file or of the command line. */
export interface Opened {
  readonly tunnels: Tunnels;
  readonly notices: () => readonly StunnelNotice[];
  readonly process: () => StunnelProcess;
  /** All files that were read. */
  readonly files: readonly string[];
  readonly listen: Tunnels['listen'];
  readonly close: Tunnels['close'];
  /** Null without a file. */
  readonly reload: (() => Promise<void>) | null;
  /** Reads the file again when it changes, without listening. */
  readonly follow: () => void;
}

export async function open(
  file: string | undefined,
  flags: TunnelFlags,
  { io, tunnel: library }: CommandContext,
): Promise<Opened> {
  if (file === undefined) {
    const tunnels = library.createTunnels([await optionsOf(flags, io)]);
    return {
      tunnels,
      notices: () => [],
      process: () => ({}),
      files: [],
      listen: (options) => tunnels.listen(options),
      close: (options) => tunnels.close(options),
      reload: null,
      follow: () => undefined,
    };
  }
  const { maxConnections } = flags;
  const opened = await library.openTunnelFile(file, {
    watch: flags.watch,
    ...(flags.allowExec === true && { allowPrograms: true }),
    passphrase: io.env['SCHANNEL_PASSWORD'],
    ...(maxConnections !== undefined && {
      adapt: (options) => ({ ...options, limits: { ...options.limits, connections: maxConnections } }),
    }),
  });
  return {
    tunnels: opened.tunnels,
    notices: () => opened.notices,
    process: () => opened.process,
    files: opened.files,
    listen: (options) => opened.listen(options),
    close: (options) => opened.close(options),
    reload: () => opened.reload(),
    follow: () => opened.follow(),
  };
}
