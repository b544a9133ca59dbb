import { BlockList, isIP, isIPv4 } from 'node:net';

/** What is asked for. */
export interface BypassTarget {
  readonly scheme: 'http' | 'https';
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** More are no list that a person wrote. */
const MOST_ENTRIES = 1024;

/**
 * Whether a host is in a list of Windows for which no proxy is used: '*.example;10.*;https://intranet:8443;<local>'.
 * Each entry is a name or an address with `*` for anything, and may have a scheme and a port. `<local>` stands for
 * names without a dot.
 *
 * This machine itself (localhost, 127.0.0.1, ::1) is always in it, as in browsers, unless it has `<-loopback>`.
 */
export function isBypassed(list: string, target: BypassTarget): boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s;,]+/, MOST_ENTRIES)
    .filter((entry) => entry !== '');
  if (isLoopback(target.host) && !entries.includes('<-loopback>')) return true;
  return entries.some((entry) => matches(entry, target));
}

function matches(entry: string, { scheme, host, port }: BypassTarget): boolean {
  if (entry === '<local>') return !host.includes('.') && isIP(host) === 0;
  const [, wanted, inBrackets, name = '', digits] =
    /^(?:([a-z]+):\/\/)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== scheme) return false;
  if (digits !== undefined && Number(digits) !== port) return false;
  return isLike(inBrackets ?? name, host.toLowerCase());
}

/** `*` stands for anything. Each part is looked for behind the one before, so that no pattern takes long. */
function isLike(pattern: string, host: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return host === first;
  if (!host.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = host.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return host.length - last.length >= at && host.endsWith(last);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return /^(?:.*\.)?localhost\.?$/i.test(host);
  return LOOPBACK.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}
