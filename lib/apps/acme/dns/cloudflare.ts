import { isIP } from 'node:net';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { arrayIn, objectOf, textIn } from '../http/json.js';
import type { DnsContext, DnsHandle, DnsProvider, HostAddress, TxtRecord } from './provider.js';
import { checkSecret } from './secret.js';
import { domainsOf, noZone, pagesOf, unquoted, WebService, type WebServiceOptions } from './web-service.js';

export interface CloudflareOptions extends WebServiceOptions {
  /** An API token with the right "Zone.DNS: Edit", and "Zone: Read" unless `zoneId` is given. */
  readonly token: string;
  /** Default: found by the name. */
  readonly zoneId?: string | undefined;
  /** Default 'https://api.cloudflare.com/client/v4'. */
  readonly url?: string | undefined;
}

/**
 * Changes records at Cloudflare (API v4).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function cloudflare(options: CloudflareOptions): DnsProvider {
  const { token, url = 'https://api.cloudflare.com/client/v4' } = options;
  checkSecret('token', token);
  const service = new WebService('Cloudflare', url, { authorization: `Bearer ${token}` }, options);
  const records = new Records(service, options.zoneId);
  return {
    name: service.name,
    async add({ name, value, ttl }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      const zone = await records.zoneFor(name, context);
      return {
        zone,
        id: await records.create(zone, { type: 'TXT', name, content: `"${value}"`, ttl }, context),
      };
    },
    async remove({ zone, id }: DnsHandle, context: DnsContext = {}): Promise<void> {
      await records.destroy(String(zone), String(id), context);
    },
    async removeValue({ name, value }, context: DnsContext = {}): Promise<void> {
      const zone = await records.zoneFor(name, context);
      for (const { id, content } of await records.list(zone, name, 'TXT', context)) {
        if (unquoted(content) === value) await records.destroy(zone, id, context);
      }
    },
    async setAddress({ name, address, ttl }: HostAddress, context: DnsContext = {}): Promise<void> {
      const zone = await records.zoneFor(name, context);
      const type = address !== null && isIP(address) === 4 ? 'A' : 'AAAA';
      for (const each of address === null ? ['A', 'AAAA'] : [type]) {
        const old = await records.list(zone, name, each, context);
        // The new one first, so that the host is never without. The same one twice is refused.
        const isThere = old.some(({ content }) => content === address);
        if (address !== null && !isThere)
          // "proxied" would have Cloudflare answer in place of the host.
          await records.create(zone, { type, name, content: address, ttl, proxied: false }, context);
        for (const { id, content } of old) if (content !== address) await records.destroy(zone, id, context);
      }
    },
  };
}

/** The records that a token may change. */
class Records {
  readonly #service: WebService;
  readonly #zone: string | undefined;

  constructor(service: WebService, zone: string | undefined) {
    this.#service = service;
    this.#zone = zone;
  }

  async zoneFor(name: string, context: DnsContext): Promise<string> {
    return this.#zone ?? (await zoneOf(this.#service, name, context));
  }

  async create(
    zone: string,
    record: { readonly ttl: number } & Readonly<Record<string, unknown>>,
    context: DnsContext,
  ): Promise<string> {
    // Below a minute, only 1 ("automatic") is accepted.
    const body = { ...record, ttl: Math.max(record.ttl, 60) };
    const { document } = await this.#service.ask('POST', recordsOf(zone), body, context);
    return idIn(document['result']);
  }

  async destroy(zone: string, id: string, context: DnsContext): Promise<void> {
    await this.#service.ask('DELETE', `${recordsOf(zone)}/${encodeURIComponent(id)}`, null, context, [404]);
  }

  /** All of a name and a type. */
  async list(
    zone: string,
    name: string,
    type: string,
    context: DnsContext,
  ): Promise<{ readonly id: string; readonly content: string }[]> {
    const query = `?type=${type}&name=${encodeURIComponent(name)}&per_page=100&page=`;
    const found: { id: string; content: string }[] = [];
    const pages = pagesOf(
      (page) => this.#service.ask('GET', `${recordsOf(zone)}${query}${page}`, null, context),
      (document) => objectOf(document['result_info'])?.['total_pages'],
    );
    for await (const document of pages) {
      for (const each of arrayIn(document, 'result')) {
        const record = objectOf(each) ?? {};
        if (textIn(record, 'name').toLowerCase() === name.toLowerCase() && textIn(record, 'type') === type)
          found.push({ id: idIn(record), content: textIn(record, 'content') });
      }
    }
    return found;
  }
}

const recordsOf = (zone: string): string => `/zones/${encodeURIComponent(zone)}/dns_records`;

function idIn(value: unknown): string {
  const id = textIn(objectOf(value) ?? {}, 'id');
  if (id !== '') return id;
  throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', 'Cloudflare sent no identifier of the record', {
    advice: 'Check the address of the service.',
  });
}

async function zoneOf(service: WebService, name: string, context: DnsContext): Promise<string> {
  for (const domain of domainsOf(name).slice(0, -1)) {
    const { document } = await service.ask('GET', `/zones?name=${encodeURIComponent(domain)}`, null, context);
    const [zone] = arrayIn(document, 'result');
    const id = textIn(objectOf(zone) ?? {}, 'id');
    if (id !== '') return id;
  }
  throw noZone(service.name, name);
}
