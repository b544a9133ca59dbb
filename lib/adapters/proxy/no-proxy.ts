import { isIP } from 'node:net';
import { addressList } from './address-list.js';
import type { HostAndPort } from './steps.js';

/** More are no list that a person wrote. */
const MOST_ENTRIES = 1024;

/**
 * Whether a host is in a list as NO_PROXY has it, with commas or blanks between: a domain stands for itself and for
 * what is below it ('example', '.example' and '*.example' are the same), an address or a network (10.0.0.0/8) for
 * itself, and `*` for everything. An entry may have a port: 'example:8443'.
 */
export function isExcluded(list: string | readonly string[], { host, port }: HostAndPort): boolean {
  const entries = (typeof list === 'string' ? list : list.join(',')).split(/[\s,]+/, MOST_ENTRIES);
  const name = host.toLowerCase().replace(/\.$/, '');
  return entries.some((entry) => entry !== '' && matches(entry.toLowerCase(), name, port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, inBrackets, bare, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  if (digits !== undefined && Number(digits) !== port) return false;
  // Without brackets, an IPv6 address looks like many ports.
  const wanted = inBrackets ?? bare ?? entry;
  if (isIP(host) !== 0) return isIn(wanted, host);
  const domain = wanted.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isIn(entry: string, address: string): boolean {
  if (!/^[0-9a-f.:]+(?:\/\d{1,3})?$/.test(entry)) return false;
  try {
    return addressList([entry])(address);
  } catch {
    return false; // no address: a name such as 'cafe'
  }
}
