import { errorFromStatus } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { NativeProxies, NativeProxyAnswer, NativeProxySettings } from '../../native/proxy-binding.js';
import type { Callback } from '../../native/binding.js';
import type { NativeOutcome } from '../../native/store-binding.js';
import { type BypassTarget, isBypassed } from './bypass.js';
import { parseProxyList, type ProxyAddress } from './proxy-list.js';

/** Where an answer comes from. */
export type SystemProxySource =
  /** A script that the settings name. */
  | 'script'
  /** A script that was found in the network (WPAD). */
  | 'detected'
  /** The settings of the user. */
  | 'user'
  /** The settings of the machine (`netsh winhttp`). */
  | 'machine'
  /** There are no settings. */
  | 'none';

export interface SystemProxyAnswer {
  /** In the order in which to try them; null is a direct connection. Never empty. */
  readonly proxies: readonly (ProxyAddress | null)[];
  readonly source: SystemProxySource;
  /** Which setting decides, in words that follow "because": 'the settings of the user have a proxy'. */
  readonly reason: string;
  /** What could not be used on the way: a script that can't be fetched. */
  readonly problem: Error | null;
}

export interface SystemProxyOptions {
  /** Looks for a script in the network if the settings say so (WPAD). Default false: anyone may answer. */
  readonly autoDetect?: boolean | undefined;
  /** Milliseconds for each script. */
  readonly timeout: number;
}

type Finding = Omit<SystemProxyAnswer, 'problem'>;

/**
 * The proxies that Windows has for a target: by the script of the user's settings, the proxy in them, and for a user
 * without any (a service) the settings of the machine.
 *
 * A script that can't be used is passed over, as browsers do it; `problem` says so.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_SETTINGS the settings can't be read
 */
export async function systemProxy(
  native: NativeProxies,
  target: BypassTarget,
  { autoDetect = false, timeout }: SystemProxyOptions,
): Promise<SystemProxyAnswer> {
  const user = await ask<NativeProxySettings | null>((callback) => native.userProxySettings(callback));
  if (user instanceof Error) throw unreadable(user);
  let problem: Error | null = null;
  if (user !== null) {
    for (const script of scriptsOf(user, autoDetect)) {
      const answer = await ask<NativeProxyAnswer>((callback) =>
        native.proxyForUrl(urlOf(target), script, timeout, callback),
      );
      if (!(answer instanceof Error)) return { ...ofScript(answer, script, target), problem };
      problem = answer;
    }
  }
  const found = user === null ? null : ofSettings(user, 'user', target);
  if (found !== null) return { ...found, problem };
  const machine = await ask<NativeProxySettings>((callback) => native.machineProxySettings(callback));
  if (machine instanceof Error) throw unreadable(machine);
  const last = ofSettings(machine, 'machine', target) ?? none(user?.detects === true && !autoDetect);
  return { ...last, problem };
}

/** Null is one that has to be looked for. */
const scriptsOf = ({ detects, script }: NativeProxySettings, autoDetect: boolean): (string | null)[] => [
  ...(detects && autoDetect ? [null] : []),
  ...(script === null ? [] : [script]),
];

function ofScript(answer: NativeProxyAnswer, script: string | null, target: BypassTarget): Finding {
  const source = script === null ? 'detected' : 'script';
  const from =
    script === null
      ? 'a configuration script found in the network'
      : `the configuration script ${printable(script)}`;
  const { proxies, unusable } = proxiesOf(answer, target);
  if (proxies.length > 0) return { proxies, source, reason: `${from} says so` };
  return {
    proxies: [null],
    source,
    reason:
      unusable.length > 0 ? `${from} has only what can't be used: ${shown(unusable)}` : `${from} says so`,
  };
}

/** INTERNET_SCHEME. */
const HTTP = 1;
const HTTPS = 2;

function proxiesOf(
  { entries, list }: NativeProxyAnswer,
  { scheme }: BypassTarget,
): { readonly proxies: (ProxyAddress | null)[]; readonly unusable: readonly string[] } {
  if (entries === null) {
    const { proxies, unusable } = list === null ? EMPTY : parseProxyList(list, scheme);
    return { proxies: list === null ? [null] : [...proxies], unusable };
  }
  const proxies: (ProxyAddress | null)[] = [];
  const unusable: string[] = [];
  for (const { isProxy, scheme: kind, host, port } of entries) {
    if (!isProxy) proxies.push(null);
    else if (kind !== HTTP && kind !== HTTPS) unusable.push(`SOCKS ${host}:${port}`);
    else proxies.push({ protocol: 'connect', host, port, isSecure: kind === HTTPS });
  }
  return { proxies, unusable };
}

const EMPTY = { proxies: [], unusable: [] } as const;

/** Null if they have no proxy. */
function ofSettings(
  { proxy, bypass }: NativeProxySettings,
  source: 'user' | 'machine',
  target: BypassTarget,
): Finding | null {
  if (proxy === null) return null;
  const settings =
    source === 'user' ? 'the settings of the user' : 'the settings of the machine (netsh winhttp)';
  if (isBypassed(bypass ?? '', target)) {
    return { proxies: [null], source, reason: `${settings} leave this host out` };
  }
  const { proxies, unusable } = parseProxyList(proxy, target.scheme);
  if (proxies.length > 0) return { proxies, source, reason: `${settings} name it` };
  return {
    proxies: [null],
    source,
    reason:
      unusable.length > 0
        ? `${settings} have only what can't be used: ${shown(unusable)}`
        : `${settings} have no proxy for ${target.scheme}`,
  };
}

const none = (couldDetect: boolean): Finding => ({
  proxies: [null],
  source: 'none',
  reason: couldDetect
    ? 'the settings name no proxy, and a script is not looked for in the network'
    : 'the settings name no proxy',
});

const shown = (entries: readonly string[]): string => entries.map((entry) => printable(entry)).join(', ');

/** What a script is asked about. Its path and its query are nobody's business. */
function urlOf({ scheme, host, port }: BypassTarget): string {
  const standard = scheme === 'https' ? 443 : 80;
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}${port === standard ? '' : `:${port}`}/`;
  // Names as in the DNS.
  return URL.canParse(url) ? new URL(url).href : url;
}

/** The value or, as an error, why there is none. */
const ask = <Value>(start: (callback: Callback<NativeOutcome<Value>>) => void): Promise<Value | Error> =>
  new Promise((resolve) => {
    start((outcome) => {
      resolve(
        'status' in outcome
          ? errorFromStatus({
              ...outcome,
              phase: 'connect',
              operation: 'The proxy settings could not be used',
            })
          : outcome.value,
      );
    });
  });

const unreadable = (cause: Error): SchannelError =>
  new SchannelError('ERR_SCHANNEL_PROXY_SETTINGS', cause.message, {
    phase: 'connect',
    advice: 'Check the proxy settings of Windows, or name the proxy.',
    cause,
  });
