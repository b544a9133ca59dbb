import { SchannelError } from '../../../base/errors/schannel-error.js';
import { arrayIn, objectOf } from '../http/json.js';
import type { DnsContext, DnsHandle, DnsProvider, TxtRecord } from './provider.js';
import { checkSecret } from './secret.js';
import { domainsOf, noZone, WebService, type WebServiceOptions } from './web-service.js';

export interface DnsimpleOptions extends WebServiceOptions {
  /** Of an account or a user; it may be limited to single zones. */
  readonly token: string;
  /** Number of the account. Default: the token's. */
  readonly account?: string | undefined;
  /** Default 'https://api.dnsimple.com'. Their sandbox is 'https://api.sandbox.dnsimple.com'. */
  readonly url?: string | undefined;
}

/**
 * Changes records at DNSimple (API v2).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function dnsimple(options: DnsimpleOptions): DnsProvider {
  const { token, url = 'https://api.dnsimple.com' } = options;
  checkSecret('token', token);
  const service = new WebService('DNSimple', `${url}/v2`, { authorization: `Bearer ${token}` }, options);
  return {
    name: service.name,
    async add({ name, value, ttl }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      const account = options.account ?? (await accountOf(service, context));
      const zone = await zoneOf(service, account, name, context);
      const record = { name: relative(name, zone), type: 'TXT', content: value, ttl };
      const { document } = await service.ask('POST', `/${account}/zones/${zone}/records`, record, context);
      return { account, zone, id: idIn(document['data']) };
    },
    async remove({ account, zone, id }: DnsHandle, context: DnsContext = {}): Promise<void> {
      const parts = [account, zone, id].map((part) => encodeURIComponent(String(part)));
      await service.ask(
        'DELETE',
        `/${parts[0] ?? ''}/zones/${parts[1] ?? ''}/records/${parts[2] ?? ''}`,
        null,
        context,
        [404],
      );
    },
  };
}

/** A user's token can see several accounts. */
async function accountOf(service: WebService, context: DnsContext): Promise<string> {
  const { document } = await service.ask('GET', '/whoami', null, context);
  const own = objectOf(objectOf(document['data'])?.['account']);
  if (own !== null) return String(idIn(own));
  const accounts = arrayIn((await service.ask('GET', '/accounts', null, context)).document, 'data');
  if (accounts.length === 1) return String(idIn(accounts[0]));
  throw new SchannelError('ERR_SCHANNEL_DNS_ZONE', `DNSimple's token sees ${accounts.length} accounts`, {
    advice: 'Give `account`: the number in the address of its page.',
  });
}

/** A zone that the token may not see is not there. */
async function zoneOf(
  service: WebService,
  account: string,
  name: string,
  context: DnsContext,
): Promise<string> {
  for (const zone of domainsOf(name).slice(0, -1)) {
    const { status } = await service.ask('GET', `/${account}/zones/${zone}`, null, context, [404]);
    if (status !== 404) return zone;
  }
  throw noZone(service.name, name);
}

const relative = (name: string, zone: string): string =>
  name.toLowerCase() === zone ? '' : name.slice(0, -zone.length - 1);

function idIn(value: unknown): string | number {
  const { id } = objectOf(value) ?? {};
  if (typeof id === 'number' || typeof id === 'string') return id;
  throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', 'DNSimple sent an answer without a number', {
    advice: 'Check the address of the service.',
  });
}
