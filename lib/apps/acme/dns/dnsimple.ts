import { isIP } from 'node:net';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import { arrayIn, objectOf, textIn } from '../http/json.js';
import type { DnsContext, DnsHandle, DnsProvider, HostAddress, TxtRecord } from './provider.js';
import { checkSecret } from './secret.js';
import { domainsOf, noZone, pagesOf, unquoted, WebService, type WebServiceOptions } from './web-service.js';

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
  const service = serviceOf(options);
  const records = new Records(service, options.account);
  return {
    name: service.name,
    async add({ name, value, ttl }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      const place = await records.placeOf(name, context);
      return {
        account: place.account,
        zone: place.zone,
        id: await records.create(place, 'TXT', value, ttl, context),
      };
    },
    async remove({ account, zone, id }: DnsHandle, context: DnsContext = {}): Promise<void> {
      await records.destroy({ account: String(account), zone: String(zone) }, id ?? '', context);
    },
    async removeValue({ name, value }, context: DnsContext = {}): Promise<void> {
      const place = await records.placeOf(name, context);
      for (const { id, content } of await records.list(place, 'TXT', context)) {
        if (unquoted(content) === value) await records.destroy(place, id, context);
      }
    },
    async setAddress({ name, address, ttl }: HostAddress, context: DnsContext = {}): Promise<void> {
      const place = await records.placeOf(name, context);
      const types: readonly RecordType[] =
        address === null ? ['A', 'AAAA'] : [isIP(address) === 4 ? 'A' : 'AAAA'];
      for (const each of types) {
        const old = await records.list(place, each, context);
        // The new one first, so that the host is never without. The same one twice is refused.
        const isThere = old.some(({ content }) => content === address);
        if (address !== null && !isThere) await records.create(place, each, address, ttl, context);
        for (const { id, content } of old) if (content !== address) await records.destroy(place, id, context);
      }
    },
  };
}

/** The records that a token may change. */
class Records {
  readonly #service: WebService;
  readonly #account: string | undefined;

  constructor(service: WebService, account: string | undefined) {
    this.#service = service;
    this.#account = account;
  }

  async placeOf(name: string, context: DnsContext): Promise<Place> {
    const account = this.#account ?? (await accountOf(this.#service, context));
    const zone = await zoneOf(this.#service, account, name, context);
    return { account, zone, name: relative(name, zone) };
  }

  async create(
    place: Place,
    type: RecordType,
    content: string,
    ttl: number,
    context: DnsContext,
  ): Promise<string | number> {
    const record = { name: place.name, type, content, ttl };
    const { document } = await this.#service.ask('POST', recordsOf(place), record, context);
    return idIn(document['data']);
  }

  async destroy(
    place: Pick<Place, 'account' | 'zone'>,
    id: string | number,
    context: DnsContext,
  ): Promise<void> {
    const path = `${recordsOf(place)}/${encodeURIComponent(String(id))}`;
    await this.#service.ask('DELETE', path, null, context, [404]);
  }

  /** All of a name and a type. */
  async list(place: Place, type: RecordType, context: DnsContext): Promise<ListedRecord[]> {
    const query = `?name=${encodeURIComponent(place.name)}&type=${type}&per_page=100&page=`;
    const found: ListedRecord[] = [];
    const pages = pagesOf(
      (page) => this.#service.ask('GET', `${recordsOf(place)}${query}${page}`, null, context),
      (document) => objectOf(document['pagination'])?.['total_pages'],
    );
    for await (const document of pages) {
      for (const each of arrayIn(document, 'data')) {
        const record = objectOf(each) ?? {};
        // An empty name in the query is no condition: the records of every name would come.
        if (textIn(record, 'name') === place.name && textIn(record, 'type') === type)
          found.push({ id: idIn(record), content: textIn(record, 'content') });
      }
    }
    return found;
  }
}

const recordsOf = ({ account, zone }: Pick<Place, 'account' | 'zone'>): string =>
  `/${encodeURIComponent(account)}/zones/${encodeURIComponent(zone)}/records`;

type RecordType = 'TXT' | 'A' | 'AAAA';

/** Where a record is. */
interface Place {
  readonly account: string;
  readonly zone: string;
  /** Relative to the zone; '' for the zone itself. */
  readonly name: string;
}

interface ListedRecord {
  readonly id: string | number;
  readonly content: string;
}

/** An account at DNSimple. */
export interface DnsimpleAccount {
  /** The number in the address of its page. */
  readonly id: string;
  /** The mail address of its owner; '' if DNSimple does not say. */
  readonly name: string;
}

/**
 * The accounts that a token can see, of which a user's may have several.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE; SchannelError ERR_SCHANNEL_DNS_REFUSED, ERR_SCHANNEL_DNS_CONNECTION,
 *   ERR_SCHANNEL_DNS_ANSWER
 */
export function dnsimpleAccounts(
  options: Omit<DnsimpleOptions, 'account'>,
  context: DnsContext = {},
): Promise<readonly DnsimpleAccount[]> {
  return accountsOf(serviceOf(options), context);
}

function serviceOf(options: DnsimpleOptions): WebService {
  const { token, url = 'https://api.dnsimple.com' } = options;
  checkSecret('token', token);
  return new WebService('DNSimple', `${url}/v2`, { authorization: `Bearer ${token}` }, options);
}

async function accountsOf(service: WebService, context: DnsContext): Promise<readonly DnsimpleAccount[]> {
  const { document } = await service.ask('GET', '/whoami', null, context);
  const own = objectOf(objectOf(document['data'])?.['account']);
  const found =
    own === null ? arrayIn((await service.ask('GET', '/accounts', null, context)).document, 'data') : [own];
  return found.map((account) => ({
    id: String(idIn(account)),
    name: printable(textIn(objectOf(account) ?? {}, 'email'), 100),
  }));
}

/** A user's token can see several accounts. */
async function accountOf(service: WebService, context: DnsContext): Promise<string> {
  const accounts = await accountsOf(service, context);
  const [only] = accounts;
  if (only !== undefined && accounts.length === 1) return only.id;
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
    const { status } = await service.ask(
      'GET',
      `/${encodeURIComponent(account)}/zones/${encodeURIComponent(zone)}`,
      null,
      context,
      [404],
    );
    if (status !== 404) return zone;
  }
  throw noZone(service.name, name);
}

const relative = (name: string, zone: string): string =>
  name.toLowerCase() === zone ? '' : name.toLowerCase().slice(0, -zone.length - 1);

function idIn(value: unknown): string | number {
  const { id } = objectOf(value) ?? {};
  if (typeof id === 'number' || typeof id === 'string') return id;
  throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', 'DNSimple sent an answer without a number', {
    advice: 'Check the address of the service.',
  });
}
