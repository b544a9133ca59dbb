import { BlockList, isIP } from 'node:net';
import { addressOctets, networkOctets } from '../../../formats/x509/ip-address.js';

/** Networks by family: a list of Node.js for both takes IPv4 for a part of IPv6. */
export class Networks {
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };

  /** @returns false for text that is not like '10.0.0.0/8' */
  add(network: string): boolean {
    const [base = '', digits] = network.split('/');
    if (networkOctets(network) === null || base.includes('%') || base.includes('[')) return false;
    if (isIP(base) === 4) this.#lists[4].addSubnet(base, Number(digits ?? 32), 'ipv4');
    else this.#lists[6].addSubnet(base, Number(digits ?? 128), 'ipv6');
    return true;
  }

  has(address: string): boolean {
    if (isIP(address) === 4) return this.#lists[4].check(address, 'ipv4');
    return isIP(address) === 6 && this.#lists[6].check(address, 'ipv6');
  }

  static of(...networks: readonly string[]): Networks {
    const list = new Networks();
    for (const network of networks) list.add(network);
    return list;
  }
}

const PRIVATE = Networks.of('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');

/**
 * Where no other machine can be: this host, the link, a group, and IPv4 within IPv6. A name that leads to the loopback
 * address would be one for every program on every machine.
 */
const UNUSABLE = Networks.of(
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  'fe80::/10',
  'ff00::/8',
);

/** Whether an address is in a private network (RFC 1918, RFC 4193). */
export const isPrivateAddress = (address: string): boolean => PRIVATE.has(address);

export const isUnusableAddress = (address: string): boolean => UNUSABLE.has(address);

/** The address of a connection, without a zone, and without the form in which a socket for both families gives IPv4. */
export const peerAddress = (text: string | undefined): string =>
  (text ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** What counts as one place: with IPv6, everybody has a network of 64 bits. */
export function placeOf(address: string): string {
  const octets = isIP(address) === 6 ? addressOctets(address) : null;
  return octets === null ? address : Buffer.from(octets.subarray(0, 8)).toString('hex');
}
