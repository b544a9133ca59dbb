import { argumentError } from '../../base/errors/argument-error.js';
import type { ProxyServerStep } from './steps.js';

/** Protocol of the step, and the port of a URL without one. */
const SCHEMES: Readonly<Record<string, { readonly protocol: 'connect' | 'socks5'; readonly port: number }>> =
  {
    'http:': { protocol: 'connect', port: 80 },
    'https:': { protocol: 'connect', port: 443 },
    'socks5:': { protocol: 'socks5', port: 1080 },
    // curl's name for one that looks names up itself, which is what every one does here.
    'socks5h:': { protocol: 'socks5', port: 1080 },
  };

/**
 * A proxy from its address, as programs have it: http://proxy:3128, https://user:password@proxy, socks5://[::1]:1080.
 * What is special in a user or a password is written as %40.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE; its message does not have the password
 */
export function proxyFromUrl(text: string): ProxyServerStep<object> {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = url === null ? undefined : SCHEMES[url.protocol];
  const isBare = url !== null && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '';
  const [user, password] = url === null ? [] : [decoded(url.username), decoded(url.password)];
  if (
    url === null ||
    scheme === undefined ||
    !isBare ||
    url.hostname === '' ||
    user === null ||
    password === null
  ) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      'The address of a proxy must be http://host:port, https://host:port or socks5://host:port, with user:password@ in front of the host if it wants them',
    );
  }
  return {
    protocol: scheme.protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? scheme.port : Number(url.port),
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    ...(url.protocol === 'https:' && { tls: {} }),
  };
}

/** Null for a wrong escape. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
