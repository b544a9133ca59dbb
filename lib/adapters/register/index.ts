/**
 * `node --require schannel/register app.js` has an unchanged program use Schannel wherever it uses node:tls, node:https
 * and node:http2, and what stands on them. docs/https.md tells what that does not reach.
 */
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

import * as schannelHttp2 from '../http2/index.js';
import * as schannelHttps from '../https/index.js';
import * as schannel from '../../index.js';
import { native } from '../../native/load.js';
import { connectSecurely } from './http2.js';
import { replaceProperties } from './replace.js';

let putBack: (() => void) | null = null;

/**
 * Puts Schannel in the place of OpenSSL in Node's own modules; importing this module has done it already. What a program
 * took out of them before, it keeps.
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM where there is no Schannel
 */
export function register(): void {
  if (putBack) return;
  native();
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

/** Gives Node's modules back what was theirs. Sockets, servers and agents that were made meanwhile stay as they are. */
export function unregister(): void {
  putBack?.();
  putBack = null;
  syncBuiltinESMExports();
}

/**
 * The functions and classes that we have under a name that the module has too. Constants stay Node's: what a program sets
 * there counts for Schannel as well.
 */
function functionsOf(ours: object, theirs: object): Readonly<Record<string, unknown>> {
  const names = Object.keys(ours).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(theirs, name)?.value === 'function',
  );
  return Object.fromEntries(names.map((name) => [name, Reflect.get(ours, name) as unknown]));
}

register();
