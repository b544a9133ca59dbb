import { BlockList, isIP, isIPv4 } from 'node:net';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';

/**
 * Whether an address is one of a list of addresses and networks: '10.0.0.7', '10.0.0.0/8', 'fd00::/8'. An IPv4 address
 * is found in the form ::ffff:10.0.0.7 too, as sockets for both families have it.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function addressList(list: readonly string[]): (address: string | undefined) => boolean {
  const given: unknown = list;
  if (!Array.isArray(given)) throw invalidType('options.from', 'an array of addresses', list);
  const known = new BlockList();
  for (const each of list) {
    const [, address = '', digits] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(each) ?? [];
    const bits = isIP(address) === 6 ? 128 : 32;
    const length = digits === undefined ? bits : Number(digits);
    if (isIP(address) === 0 || length > bits) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `${JSON.stringify(each)} is no IP address and no network such as 10.0.0.0/8`,
      );
    }
    known.addSubnet(address, length, familyOf(address));
  }
  return (address = '') => isIP(address) !== 0 && known.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');
