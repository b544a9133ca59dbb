/** A proxy as Windows names it. */
export interface ProxyAddress {
  readonly protocol: 'connect' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** The proxy itself is reached by TLS. */
  readonly isSecure: boolean;
}

/** What a list says for one kind of URL. */
export interface ProxyList {
  readonly proxies: readonly ProxyAddress[];
  /** Entries that can't be used, as they are written. */
  readonly unusable: readonly string[];
}

export type UrlScheme = 'http' | 'https';

/** More are no list that a person wrote. */
const MOST_ENTRIES = 256;

/**
 * Reads a list of proxies: `([scheme=][scheme://]server[:port])`, with semicolons or blanks between
 * ("WINHTTP_PROXY_INFO structure"): 'proxy:3128', 'http=a:80;https=b:8080'. An entry without `scheme=` is for every
 * URL.
 *
 * `socks=` is SOCKS 4 in Windows, which can't be used here.
 */
export function parseProxyList(text: string, scheme: UrlScheme): ProxyList {
  const proxies: ProxyAddress[] = [];
  const unusable: string[] = [];
  for (const entry of text.split(/[\s;]+/, MOST_ENTRIES)) {
    const [, purpose, address = ''] = /^(?:([a-z]+)=)?(.*)$/i.exec(entry) ?? [];
    const isForAll = purpose === undefined;
    if (address === '' || !(isForAll || [scheme, 'socks'].includes(purpose.toLowerCase()))) continue;
    const proxy = purpose?.toLowerCase() === 'socks' ? null : parseAddress(address);
    if (proxy === null) unusable.push(entry);
    else proxies.push(proxy);
  }
  // A proxy for everything else is no alternative to the one for this scheme.
  return proxies.length > 0 ? { proxies, unusable: [] } : { proxies, unusable };
}

/** The port of a proxy without one. */
const PORTS = { http: 80, https: 443, socks5: 1080 } as const;

function parseAddress(address: string): ProxyAddress | null {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9]*):\/\/)?(.*?)\/?$/i.exec(address) ?? [];
  const kind = scheme.toLowerCase();
  if (kind !== 'http' && kind !== 'https' && kind !== 'socks5') return null;
  const [, inBrackets, name, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@]+))(?::(\d{1,5}))?$/i.exec(rest) ?? [];
  const host = inBrackets ?? name;
  const port = digits === undefined ? PORTS[kind] : Number(digits);
  if (host === undefined || port < 1 || port > 0xffff) return null;
  return { protocol: kind === 'socks5' ? 'socks5' : 'connect', host, port, isSecure: kind === 'https' };
}
