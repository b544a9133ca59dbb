import type { DnsContext, DnsHandle, DnsProvider, HostAddress, TxtRecord } from './provider.js';
import { WebService, type WebServiceOptions } from './web-service.js';

export interface HttpRequestOptions extends WebServiceOptions {
  /** URL in front of '/present' and '/cleanup'. */
  readonly url: string;
  /** Basic authentication. Default none. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Has another service change the records, in the form that lego calls "httpreq". Addresses of hosts can only be set by
 * a challenge server of this library, and it chooses how long others may remember them.
 */
export function httpRequest({ url, username, password, ...options }: HttpRequestOptions): DnsProvider {
  const credentials = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  const headers = username === undefined ? {} : { authorization: `Basic ${credentials}` };
  const service = new WebService('The challenge server', url, headers, options);
  return {
    name: service.name,
    async add({ name, value }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      await service.ask('POST', '/present', { fqdn: `${name}.`, value }, context);
      return { name, value };
    },
    async remove({ name, value }: DnsHandle, context: DnsContext = {}): Promise<void> {
      await service.ask('POST', '/cleanup', { fqdn: `${String(name)}.`, value }, context);
    },
    removeValue({ name, value }, context: DnsContext = {}): Promise<void> {
      return this.remove({ name, value }, context);
    },
    async setAddress({ name, address }: HostAddress, context: DnsContext = {}): Promise<void> {
      await service.ask('POST', '/address', { fqdn: `${name}.`, address }, context);
    },
  };
}
