import { hostname } from 'node:os';
import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import type { NameTrees } from '../../formats/x509/extension-writer.js';
import { networkOctets } from '../../formats/x509/ip-address.js';

/** What a browser calls this machine by. */
export const defaultNames = (host = hostname()): readonly string[] => [
  'localhost',
  '127.0.0.1',
  '::1',
  ...(isHostName(host) ? [host] : []),
];

/** Windows permits names that DNS does not. */
const isHostName = (name: string): boolean =>
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*$/i.test(name);

/**
 * What the authority may issue for: the names that were asked for, and all that belong to nobody on the Internet. A
 * wildcard counts as the domain below it.
 */
export function treesFor({ dns, ip }: AlternativeNames): Required<Pick<NameTrees, 'dns' | 'ip'>> {
  const domains = dns.map((name) => name.replace(/^\*\./, ''));
  return {
    dns: [...new Set([...PRIVATE_DOMAINS, ...domains])],
    ip: [...PRIVATE_NETWORKS, ...ip.filter((address) => !isPrivate(address))].map(networkOf),
  };
}

/** RFC 6761 §6.2 and §6.3; ICANN reserved .internal in 2024. */
const PRIVATE_DOMAINS = ['localhost', 'test', 'internal'] as const;

/** Loopback, link-local and private addresses (RFC 6890). */
const PRIVATE_NETWORKS = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
] as const;

function isPrivate(address: string): boolean {
  const octets = networkOf(address);
  const half = octets.length / 2;
  return PRIVATE_NETWORKS.map(networkOf).some(
    (network) =>
      network.length === octets.length &&
      network
        .subarray(0, half)
        .every((octet, at) => ((octets[at] ?? 0) & (network[half + at] ?? 0)) === octet),
  );
}

function networkOf(text: string): Uint8Array {
  const octets = networkOctets(text);
  if (octets === null) throw new TypeError(`${text} is no address`);
  return octets;
}
