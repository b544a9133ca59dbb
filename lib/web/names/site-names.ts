import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { type AlternativeNames, hostNames } from '../../formats/x509/alternative-names.js';
import { canonicalAddress } from '../../formats/x509/ip-address.js';

/** What a site is called by. */
export interface SiteNames extends Pick<AlternativeNames, 'dns' | 'ip'> {
  /** The one that clients get which ask for no name. */
  readonly first: { readonly dns: string } | { readonly ip: string };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function siteNames(given: unknown): SiteNames {
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) {
    throw invalidType('options.names', 'an array of strings', given);
  }
  const [first] = given;
  if (first === undefined) {
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'names' must have a host name or an address");
  }
  const { dns, ip } = hostNames(given);
  const address = canonicalAddress(first);
  return { dns, ip, first: address === null ? { dns: dns[0] ?? '' } : { ip: address } };
}

/** Whether a host, as hostOf() gives it, is one of the names. A wildcard stands for one label. */
export function knowsHost({ dns, ip }: SiteNames, host: string): boolean {
  const address = canonicalAddress(host);
  if (address !== null) return ip.includes(address);
  return dns.includes(host) || dns.includes(host.replace(/^[^.]+/, '*'));
}
