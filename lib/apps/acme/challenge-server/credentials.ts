import type { IncomingHttpHeaders } from 'node:http';

/** Who a client says it is. */
export interface Credentials {
  readonly name: string;
  readonly secret: string;
}

/** Longer ones are nobody's. */
const LONGEST = 256;

/**
 * Those of a request: Basic (RFC 7617), as lego's httpreq sends them, or in the headers of acme-dns.
 *
 * @returns null if there are none, or none that can be read
 */
export function credentialsIn(headers: IncomingHttpHeaders): Credentials | null {
  const { authorization } = headers;
  if (authorization === undefined)
    return checked(textOf(headers['x-api-user']), textOf(headers['x-api-key']));
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === '' || encoded.length > 4 * LONGEST) return null;
  const [, name = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return checked(name, secret);
}

const textOf = (header: string | string[] | undefined): string => (typeof header === 'string' ? header : '');

const checked = (name: string, secret: string): Credentials | null =>
  [name, secret].every((text) => text !== '' && text.length <= LONGEST) ? { name, secret } : null;
