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
import * as schannel from '../index.js';
import { native } from '../native/load.js';
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
    [
      tls,
      pick(schannel, [
        'connect',
        'createSecureContext',
        'createServer',
        'SecureContext',
        'Server',
        'TLSSocket',
      ]),
    ],
    [https, pick(schannelHttps, ['Agent', 'createServer', 'get', 'globalAgent', 'request', 'Server'])],
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

function pick<Module extends object>(
  module: Module,
  names: readonly (keyof Module & string)[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, module[name]]));
}

register();
