import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { SystemProxyAnswer } from '../../windows/proxy-settings/system-proxy.js';
import type { SignIn, SignInRequest } from '../../windows/negotiate/sign-in.js';
import { isExcluded } from './no-proxy.js';
import { proxyFromUrl } from './proxy-url.js';
import { hostAndPort, type HostAndPort, type ProxyAuth, type ProxyServerStep } from './steps.js';

/** Options that say which proxy a connection takes. */
export interface ProxyOptions<TlsOptions> {
  /**
   * - 'system': what Windows has for the target, by its settings or by their script
   * - 'environment': HTTPS_PROXY, ALL_PROXY and NO_PROXY
   * - an address: 'http://proxy:3128', 'https://…', 'socks5://…'
   * - a proxy as a step of `through` has it
   */
  readonly proxy?: 'system' | 'environment' | (string & {}) | ProxyServerStep<TlsOptions> | undefined;
  /** Hosts that are connected to directly, as in NO_PROXY: 'intranet.example, .local, 10.0.0.0/8'. */
  readonly noProxy?: string | readonly string[] | undefined;
  /**
   * With 'system': look for a script in the network (WPAD), if the settings say so. Default false: anyone in
   * the network may answer, and decides where connections go.
   */
  readonly proxyAutoDetect?: boolean | undefined;
  /**
   * How to sign in to HTTP proxies, see `auth` of a step. One that was found by `proxyAutoDetect` is never told who the
   * user of this process is.
   */
  readonly proxyAuth?: ProxyAuth | undefined;
  /** Called before each attempt: more than once for a connection if a proxy is not there. */
  readonly onProxy?: ((attempt: ProxyAttempt) => void) | undefined;
}

/** Which proxies a connection tries, and why. */
export interface ProxyDecision {
  readonly target: HostAndPort;
  /** Addresses without accounts, in the order in which they are tried; 'direct' is none. */
  readonly proxies: readonly string[];
  readonly source: 'option' | 'noProxy' | 'environment' | SystemProxyAnswer['source'];
  /** In words that follow the proxy: 'the settings of the user name it'. */
  readonly reason: string;
  /** What could not be used on the way, such as a configuration script. */
  readonly problem: Error | null;
}

/** A decision, and which of its proxies is tried now. */
export interface ProxyAttempt extends ProxyDecision {
  readonly proxy: string;
}

/** A decision with what is needed to connect. */
export interface ChosenProxies<TlsOptions> {
  readonly decision: ProxyDecision;
  /** Null is a direct connection. */
  readonly routes: readonly (ProxyServerStep<TlsOptions> | null)[];
}

/** What a choice depends on outside of its options. */
export interface ProxySurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  system(target: HostAndPort, autoDetect: boolean): Promise<SystemProxyAnswer>;
  signIn(request: SignInRequest): SignIn;
}

/**
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_SETTINGS the settings of Windows can't be read, or a variable has no
 *   address of a proxy
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export async function chooseProxies<TlsOptions extends object>(
  target: HostAndPort,
  { proxy, noProxy = [], proxyAutoDetect = false, proxyAuth }: ProxyOptions<TlsOptions>,
  surroundings: Pick<ProxySurroundings, 'env' | 'system'>,
): Promise<ChosenProxies<TlsOptions>> {
  const given: unknown = noProxy;
  if (typeof given !== 'string' && !Array.isArray(given)) {
    throw invalidType('options.noProxy', 'a string or an array', noProxy);
  }
  if (isExcluded(noProxy, target)) {
    return made(target, [null], 'noProxy', 'the option noProxy has this host');
  }
  const chosen = await byOption(target, proxy, proxyAutoDetect, surroundings);
  if (proxyAuth === undefined || chosen.decision.source === 'detected') return chosen;
  return {
    ...chosen,
    routes: chosen.routes.map((step) => (step?.protocol === 'connect' ? { auth: proxyAuth, ...step } : step)),
  };
}

async function byOption<TlsOptions extends object>(
  target: HostAndPort,
  proxy: ProxyOptions<TlsOptions>['proxy'],
  autoDetect: boolean,
  surroundings: Pick<ProxySurroundings, 'env' | 'system'>,
): Promise<ChosenProxies<TlsOptions>> {
  if (proxy === 'system') return bySystem(target, await surroundings.system(target, autoDetect));
  if (proxy === 'environment') return byEnvironment(target, surroundings.env);
  if (typeof proxy === 'string') return made(target, [stepOf(proxy)], 'option', 'the option proxy names it');
  if (typeof proxy !== 'object') {
    throw argumentError('ERR_INVALID_ARG_TYPE', 'options.proxy must be a string or an object');
  }
  return made(target, [proxy], 'option', 'the option proxy names it');
}

function bySystem<TlsOptions extends object>(
  target: HostAndPort,
  { proxies, source, reason, problem }: SystemProxyAnswer,
): ChosenProxies<TlsOptions> {
  const routes = proxies.map((proxy) =>
    proxy === null
      ? null
      : {
          protocol: proxy.protocol,
          host: proxy.host,
          port: proxy.port,
          ...(proxy.isSecure && { tls: {} as TlsOptions }),
        },
  );
  return made(target, routes, source, reason, problem);
}

/** Upper case counts where both are there, and Windows does not tell them apart. */
const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];

function byEnvironment<TlsOptions extends object>(
  target: HostAndPort,
  env: ProxySurroundings['env'],
): ChosenProxies<TlsOptions> {
  const excluded = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  if (isExcluded(excluded, target)) return made(target, [null], 'environment', 'NO_PROXY has this host');
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) {
    return made(target, [null], 'environment', 'neither HTTPS_PROXY nor ALL_PROXY is set');
  }
  const address = env[variable] ?? '';
  try {
    // curl takes 'proxy:3128' for http://proxy:3128, and so do most who read these variables.
    const step = stepOf<TlsOptions>(address.includes('://') ? address : `http://${address}`);
    return made(target, [step], 'environment', `${variable} names it`);
  } catch (thrown) {
    throw new SchannelError('ERR_SCHANNEL_PROXY_SETTINGS', `${variable}: ${toError(thrown).message}`, {
      phase: 'connect',
      advice: `Correct ${variable}, or name the proxy.`,
    });
  }
}

const stepOf = <TlsOptions extends object>(url: string): ProxyServerStep<TlsOptions> =>
  // Of TLS it has `{}`, which every kind of options allows.
  proxyFromUrl(url) as ProxyServerStep<TlsOptions>;

const made = <TlsOptions extends object>(
  target: HostAndPort,
  routes: ChosenProxies<TlsOptions>['routes'],
  source: ProxyDecision['source'],
  reason: string,
  problem: Error | null = null,
): ChosenProxies<TlsOptions> => ({
  routes,
  decision: { target, proxies: routes.map(addressOf), source, reason, problem },
});

function addressOf(step: ProxyServerStep<object> | null): string {
  if (step === null) return 'direct';
  const scheme = step.protocol === 'socks5' ? 'socks5' : step.tls === undefined ? 'http' : 'https';
  return `${scheme}://${hostAndPort(step)}`;
}
