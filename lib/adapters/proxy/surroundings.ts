import { native } from '../../native/load.js';
import { systemProxy } from '../../windows/proxy-settings/system-proxy.js';
import { startSignIn } from '../../windows/negotiate/sign-in.js';
import type { ProxySurroundings } from './choose-proxy.js';

/** Milliseconds for each configuration script. Browsers wait about as long. */
const SCRIPT_TIMEOUT = 10_000;

/** The variables and the settings of this process. */
export const SURROUNDINGS: ProxySurroundings = {
  get env() {
    return process.env;
  },
  // Without a protocol for what is behind a tunnel, a script is asked about HTTPS, as browsers do for WebSockets.
  system: ({ host, port }, autoDetect) =>
    systemProxy(native(), { scheme: 'https', host, port }, { autoDetect, timeout: SCRIPT_TIMEOUT }),
  signIn: (request) => startSignIn(native(), request),
};
