import { SchannelError } from '../../../base/errors/schannel-error.js';
import { arrayIn, objectOf, textIn } from '../http/json.js';
import type { DnsContext, DnsHandle, DnsProvider, TxtRecord } from './provider.js';
import { checkSecret } from './secret.js';
import { domainsOf, noZone, WebService, type WebServiceOptions } from './web-service.js';

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
  return {
    name: service.name,
    async add({ name, value, ttl }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      const zone = options.zoneId ?? (await zoneOf(service, name, context));
      // Below a minute, only 1 ("automatic") is accepted.
      const record = { type: 'TXT', name, content: `"${value}"`, ttl: Math.max(ttl, 60) };
      const path = `/zones/${encodeURIComponent(zone)}/dns_records`;
      const { document } = await service.ask('POST', path, record, context);
      const id = textIn(objectOf(document['result']) ?? {}, 'id');
      if (id !== '') return { zone, id };
      throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', 'Cloudflare sent no identifier of the record');
    },
    async remove({ zone, id }: DnsHandle, context: DnsContext = {}): Promise<void> {
      const [inZone, record] = [zone, id].map((part) => encodeURIComponent(String(part)));
      await service.ask('DELETE', `/zones/${inZone ?? ''}/dns_records/${record ?? ''}`, null, context, [404]);
    },
  };
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
