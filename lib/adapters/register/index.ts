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
import { connectSecurely } from './http2.js';
import { replaceProperties } from './replace.js';

let putBack: (() => void) | null = null;

/**
 * Replaces OpenSSL by Schannel in Node's own modules. Importing this module does it already. Functions that a program
 * read from those modules before stay as they are.
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM if there is no Schannel
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

/** Restores Node's modules. Sockets, servers and agents that were created meanwhile stay as they are. */
export function unregister(): void {
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
