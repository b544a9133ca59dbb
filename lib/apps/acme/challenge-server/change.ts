import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import { type JsonObject, textIn } from '../http/json.js';
import { isPrivateAddress, isUnusableAddress } from './addresses.js';
import type { CheckedClient } from './client.js';
import { CHALLENGE_PREFIX, hostName } from './names.js';
import { Refusal } from './refusal.js';

/** What a client wants, after it was found that it may. */
export type Change =
  | {
      readonly action: 'present' | 'cleanup' | 'update';
      /** The name of the record, in lower case and without a final dot. */
      readonly name: string;
      readonly value: string;
    }
  | { readonly action: 'address'; readonly name: string; readonly address: string | null };

/** SHA-256 in base64url: nothing else is ever a value for DNS-01 (RFC 8555 §8.4). */
const VALUE = /^[\w-]{43}$/;

/** Token and thumbprint (RFC 8555 §8.1). */
const KEY_AUTHORIZATION = /^([\w-]{1,256})\.[\w-]{43}$/;

/** The paths of requests that change something. */
export type ChangePath = '/present' | '/cleanup' | '/update' | '/address';

export const isChangePath = (path: string): path is ChangePath =>
  path === '/present' || path === '/cleanup' || path === '/update' || path === '/address';

/**
 * @param zone of the records of acme-dns; null without
 * @throws Refusal
 */
export function changeOf(
  path: ChangePath,
  body: JsonObject,
  client: CheckedClient,
  zone: string | null,
): Change {
  switch (path) {
    case '/present':
      return { action: 'present', ...recordIn(body, client, zone) };
    case '/cleanup':
      return { action: 'cleanup', ...recordIn(body, client, zone) };
    case '/update':
      return {
        action: 'update',
        name: delegatedName(body, client, zone),
        value: valueOf(body['txt'], 'bad_txt'),
      };
    case '/address':
      return { action: 'address', ...addressIn(body, client) };
  }
}

/** httpreq of lego: a record and its value, or in "RAW" mode what both are made of. */
function recordIn(
  body: JsonObject,
  client: CheckedClient,
  zone: string | null,
): { readonly name: string; readonly value: string } {
  if (body['fqdn'] !== undefined && body['domain'] !== undefined)
    throw new Refusal(400, "either 'fqdn' and 'value' or 'domain', 'token' and 'keyAuth'");
  if (body['domain'] === undefined)
    return { name: recordName(body['fqdn'], client, zone), value: valueOf(body['value'], "bad 'value'") };
  const keyAuthorization = textIn(body, 'keyAuth');
  const [, token] = KEY_AUTHORIZATION.exec(keyAuthorization) ?? [];
  if (token === undefined || token !== body['token']) throw new Refusal(400, "bad 'keyAuth'");
  const value = createHash('sha256').update(keyAuthorization).digest('base64url');
  return { name: challengeName(body['domain'], client), value };
}

function valueOf(value: unknown, otherwise: string): string {
  if (typeof value === 'string' && VALUE.test(value)) return value;
  throw new Refusal(400, otherwise);
}

/** The record of a name that the client may have, or the one that is its own. */
function recordName(fqdn: unknown, client: CheckedClient, zone: string | null): string {
  const text = typeof fqdn === 'string' ? fqdn : '';
  if (text.toLowerCase().startsWith(CHALLENGE_PREFIX))
    return challengeName(text.slice(CHALLENGE_PREFIX.length), client);
  // A client that follows CNAME records asks for what they lead to.
  const name = hostName(text);
  if (name !== null && name === ownRecord(client, zone)) return name;
  throw name === null ? new Refusal(400, "bad 'fqdn'") : notPermitted();
}

/** @param host the name that the certificate is for */
function challengeName(host: unknown, client: CheckedClient): string {
  const name = hostName(host);
  if (name === null) throw new Refusal(400, 'bad name');
  if (!client.names.permits(name)) throw notPermitted();
  return CHALLENGE_PREFIX + name;
}

/** acme-dns: the record to which a CNAME leads, or, without any CNAME, that of a name that the client may have. */
function delegatedName(body: JsonObject, client: CheckedClient, zone: string | null): string {
  const { subdomain } = body;
  if (client.subdomain !== null && subdomain === client.subdomain)
    return ownRecord(client, zone) ?? badSubdomain();
  const name = hostName(subdomain);
  return name !== null && client.names.permits(name) ? CHALLENGE_PREFIX + name : badSubdomain();
}

const ownRecord = ({ subdomain }: CheckedClient, zone: string | null): string | null =>
  subdomain === null || zone === null ? null : `${subdomain}.${zone}`;

function addressIn(
  body: JsonObject,
  client: CheckedClient,
): { readonly name: string; readonly address: string | null } {
  const name = hostName(body['fqdn']);
  if (name === null) throw new Refusal(400, "bad 'fqdn'");
  if (!client.hosts.permits(name)) throw notPermitted();
  const given = body['address'];
  if (given === null) return { name, address: null };
  // No brackets and no zones: a record cannot have them.
  const address =
    typeof given === 'string' && isIP(given) !== 0 && !given.includes('%') ? canonicalAddress(given) : null;
  if (address === null || isUnusableAddress(address)) throw new Refusal(400, "bad 'address'");
  if (!client.publicAddresses && !isPrivateAddress(address)) throw new Refusal(403, 'only private addresses');
  return { name, address };
}

/** The same for names that others have and for names that nobody has. */
const notPermitted = (): Refusal => new Refusal(403, 'not permitted');

const badSubdomain = (): never => {
  throw new Refusal(403, 'bad_subdomain');
};
