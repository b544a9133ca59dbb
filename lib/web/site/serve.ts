import { parseServeOptions, type ServeOptions } from './options.js';
import { Site } from './site.js';

/**
 * Starts a site: an HTTPS server, and a server that redirects visitors to it. Its certificate comes from the Windows
 * store and is changed without a restart. Until there is one, visitors get a self-signed certificate.
 *
 * @returns the site, once it listens
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError as createServer() of schannel/https
 * @throws Error of node:net if it can't listen: EADDRINUSE, EACCES, EADDRNOTAVAIL. Nothing listens then
 */
export async function serve(options: ServeOptions): Promise<Site> {
  const site = new Site(parseServeOptions(options));
  await site.start();
  return site;
}
