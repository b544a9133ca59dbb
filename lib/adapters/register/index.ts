/**
 * `node --require schannel/register app.js` makes an unchanged program use Schannel wherever it uses node:tls,
 * node:https or node:http2, directly or through other packages. docs/https.md says what this does not cover.
 */
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

import * as schannelHttp2 from '../http2/index.js';
import * as schannelHttps from '../https/index.js';
import * as schannel from '../../index.js';
import { native } from '../../native/load.js';
import {
  setClientDefaults,
  type ClientDefaults,
  type ServerDefaults,
} from '../../tls/secure-context/client-defaults.js';
import { defaultsIn } from './environment.js';
import { connectSecurely } from './http2.js';
import { replaceProperties } from './replace.js';

export type { ClientDefaults, ServerDefaults };

/** What connections of the whole process have if the program, or a library in it, says nothing else. */
export interface RegisterOptions extends ClientDefaults {
  /**
   * Defaults for some servers, by the name (or address) that the program connects to. Each is in place of the one for
   * all; `certificate: null` shows that server none.
   */
  readonly servers?: ServerDefaults | undefined;
}

let putBack: (() => void) | null = null;

/**
 * Replaces OpenSSL by Schannel in Node's own modules. Importing this module does it already. Functions that a program
 * read from those modules before stay as they are.
 *
 * With options it also sets defaults for connections to servers, in place of earlier ones: for libraries that pass on
 * only some options of TLS, and for programs that can't be changed. They count for connections of schannel's own
 * functions, too. A `certificate` outside of `servers` is for every server that asks for one.
 *
 * ```js
 * register({ servers: { 'db.example': { certificate: { subject: 'anna' } } } });
 * ```
 *
 * @param options default, in the first call: those of the environment, SCHANNEL_CERTIFICATE and SCHANNEL_REVOCATION
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM if there is no Schannel
 * @throws as createSecureContext(), for the options
 */
export function register(options?: RegisterOptions): void {
  if (!putBack) native();
  const defaults: RegisterOptions | undefined = options ?? (putBack ? undefined : defaultsIn(process.env));
  if (defaults) {
    const { servers, ...all } = defaults;
    setClientDefaults(all, servers);
  }
  if (putBack) return;
  putBack = replaceProperties([
    [tls, functionsOf(schannel, tls)],
    [https, { ...functionsOf(schannelHttps, https), globalAgent: schannelHttps.globalAgent }],
    [
      http2,
      {
        connect: connectSecurely(http2.connect),
        createSecureServer: schannelHttp2.createSecureServer,
      },
    ],
  ]);
  syncBuiltinESMExports();
}

/**
 * Restores Node's modules and removes the defaults. Sockets, servers and agents that were created meanwhile stay as
 * they are.
 */
export function unregister(): void {
  setClientDefaults(null);
  putBack?.();
  putBack = null;
  syncBuiltinESMExports();
}

/**
 * Our functions and classes with names that the module also has. Constants stay Node's, and what a program sets there
 * applies to Schannel too.
 */
function functionsOf(ours: object, theirs: object): Readonly<Record<string, unknown>> {
  const names = Object.keys(ours).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(theirs, name)?.value === 'function',
  );
  return Object.fromEntries(names.map((name) => [name, Reflect.get(ours, name) as unknown]));
}

register();
