import { join } from 'node:path';

/** What the Unix side of Wine gets: a fixed set, so that the caller's environment cannot bend the rig. */
export function wineEnvironment({ wine, prefix, shim, unixEnv = {} }) {
  return {
    HOME: join(wine, 'home'),
    PATH: '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8', // else arguments and file names are cut to ASCII
    WINEPREFIX: prefix,
    WINESERVER: join(wine, 'usr/lib/x86_64-linux-gnu/wineserver'),
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d',
    ...(shim ? { SCHANNEL_RIG_SHIM: shim } : {}),
    ...unixEnv,
  };
}

/** Names that mean something else on Windows, where the prefix sets its own, or mean something only to Wine. */
const UNIX_ONLY =
  /^(PATH|HOME|PWD|OLDPWD|SHELL|SHLVL|_|USER|LOGNAME|MAIL|TMP|TEMP|TMPDIR|DISPLAY|LD_\w+|WINE\w*|XDG_\w+|DBUS_\w+|SSH_\w+|LC_ALL|LOCPATH|FONTCONFIG_FILE)$/i;

/** The rig's own variables, which every Windows program would otherwise see. */
const WINE_ONLY = [
  'LC_ALL',
  'LOCPATH',
  'FONTCONFIG_FILE',
  'WINEDEBUG',
  'WINEDLLOVERRIDES',
  'WINEPREFIX',
  'WINESERVER',
  'SCHANNEL_RIG_SHIM',
];

/** Entries for launch.exe: `NAME=value` sets a variable of the Windows program, `NAME` removes one. */
export function windowsEnvironment(env) {
  const entries = Object.entries(env).filter(
    ([name, value]) => value !== undefined && name !== '' && !UNIX_ONLY.test(name),
  );
  return [...WINE_ONLY, ...entries.map(([name, value]) => `${name}=${value}`)];
}
