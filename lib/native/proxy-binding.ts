/**
 * The part of the native add-on for the proxies that Windows knows. The same rules apply as in binding.ts: answers as
 * Windows gives them, and no policy.
 */
import type { Callback } from './binding.js';
import type { NativeOutcome } from './store-binding.js';

/** What a person has set. Null is what is not set. */
export interface NativeProxySettings {
  /** "Automatically detect settings" (WPAD). */
  readonly detects: boolean;
  /** The URL of a script. */
  readonly script: string | null;
  /** Proxies, in one text: 'proxy:3128', 'http=a:80;https=b:80'. */
  readonly proxy: string | null;
  /** Hosts without a proxy, in one text: '*.example;<local>'. */
  readonly bypass: string | null;
}

export interface NativeProxyEntry {
  /** False: a direct connection. */
  readonly isProxy: boolean;
  /** INTERNET_SCHEME: 1 HTTP, 2 HTTPS, 4 SOCKS. */
  readonly scheme: number;
  readonly host: string;
  readonly port: number;
}

export interface NativeProxyAnswer {
  /** Of WinHttpGetProxyForUrlEx: everything that a script has answered, in its order. */
  readonly entries: readonly NativeProxyEntry[] | null;
  /** Of WinHttpGetProxyForUrl, instead of entries: proxies in one text, up to the first DIRECT; null for DIRECT. */
  readonly list: string | null;
}

export interface NativeProxies {
  /** WinHttpGetIEProxyConfigForCurrentUser; null where the user of this process has no settings. */
  userProxySettings(callback: Callback<NativeOutcome<NativeProxySettings | null>>): void;
  /** WinHttpGetDefaultProxyConfiguration: what `netsh winhttp set proxy` has set. */
  machineProxySettings(callback: Callback<NativeOutcome<NativeProxySettings>>): void;
  /**
   * WinHttpGetProxyForUrlEx or, where there is no service for it, WinHttpGetProxyForUrl.
   * @param script the URL of a script; null: it is looked for by DHCP and DNS
   * @param timeout milliseconds
   */
  proxyForUrl(
    url: string,
    script: string | null,
    timeout: number,
    callback: Callback<NativeOutcome<NativeProxyAnswer>>,
  ): void;
}
