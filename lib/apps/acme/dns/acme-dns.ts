import { SchannelError } from '../../../base/errors/schannel-error.js';
import { textIn } from '../http/json.js';
import type { DnsContext, DnsHandle, DnsProvider, TxtRecord } from './provider.js';
import { checkSecret } from './secret.js';
import { WebService, type WebServiceOptions } from './web-service.js';

/** What an acme-dns server gives to a new client. */
export interface AcmeDnsAccount {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
  /** Where '_acme-challenge.<name>' has to point to, by a CNAME record. */
  readonly fulldomain: string;
}

export interface AcmeDnsOptions extends WebServiceOptions {
  /** URL of the server. */
  readonly url: string;
  readonly account: Omit<AcmeDnsAccount, 'fulldomain'>;
}

/** Asks an acme-dns server for an account. @throws SchannelError ERR_SCHANNEL_DNS_… */
export async function registerAcmeDns(
  { url, ...options }: Omit<AcmeDnsOptions, 'account'>,
  context: DnsContext = {},
): Promise<AcmeDnsAccount> {
  const { document } = await new WebService('acme-dns', url, {}, options).ask(
    'POST',
    '/register',
    {},
    context,
  );
  const [username, password, subdomain, fulldomain] = ['username', 'password', 'subdomain', 'fulldomain'].map(
    (name) => textIn(document, name),
  );
  if (username && password && subdomain && fulldomain) return { username, password, subdomain, fulldomain };
  throw new SchannelError('ERR_SCHANNEL_DNS_ANSWER', 'acme-dns sent no complete account', {
    advice: 'Check the address of the server.',
  });
}

/**
 * Sets values at an acme-dns server, to which the names point by CNAME records. The server keeps the last two values,
 * so that there is nothing to remove.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function acmeDns({ url, account, ...options }: AcmeDnsOptions): DnsProvider {
  const { username, password, subdomain } = account;
  checkSecret('account.username', username);
  checkSecret('account.password', password);
  const headers = { 'x-api-user': username, 'x-api-key': password };
  const service = new WebService('acme-dns', url, headers, options);
  return {
    name: service.name,
    async add({ value }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      await service.ask('POST', '/update', { subdomain, txt: value }, context);
      return {};
    },
    remove: () => Promise.resolve(),
    removeValue: () => Promise.resolve(),
  };
}
