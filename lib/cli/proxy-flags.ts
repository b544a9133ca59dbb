import { type Command, Option } from 'commander';
import { proxyFromUrl } from '../adapters/proxy/proxy-url.js';
import type { ProxyAuth, ProxyServerStep, ThroughStep } from '../adapters/proxy/steps.js';
import { toError } from '../base/errors/to-error.js';
import { readPassword } from './password.js';
import type { CommandIO } from './terminal.js';
import { UsageError } from './usage-error.js';

/** The options of commands that can connect through proxies, as commander parses them. */
export interface ProxyFlags {
  readonly proxy?: readonly string[];
  readonly proxyProtocol?: '1' | '2';
  readonly proxyAuth?: ProxyAuth;
}

export function addProxyFlags(command: Command): Command {
  return addDecidedProxyFlags(command).addOption(
    new Option(
      '--proxy-protocol <version>',
      'begin with a header of the PROXY protocol, as a load balancer does',
    ).choices(['1', '2']),
  );
}

/** The options of a command whose proxy Windows or the environment may name. */
export const addDecidedProxyFlags = (command: Command): Command =>
  addProxyAuthFlag(addProxyFlag(command, '; "system": as Windows has it; "environment": HTTPS_PROXY'));

export function addProxyFlag(command: Command, others = ''): Command {
  return command.option(
    '--proxy <url>',
    `connect through this proxy: http://host:port, https://host:port, socks5://host:port; repeat it for a chain${others}. ` +
      'The password for a user in it is read from SCHANNEL_PROXY_PASSWORD, or asked for',
    (url: string, before: readonly string[] | undefined) => [...(before ?? []), url],
  );
}

function addProxyAuthFlag(command: Command): Command {
  return command.addOption(
    new Option(
      '--proxy-auth <scheme>',
      'sign in to HTTP proxies by this scheme: without a user in the URL as the user of this process (default: basic)',
    ).choices(['basic', 'negotiate', 'ntlm']),
  );
}

/** The steps of connectThrough(); none if the command connects directly. @throws {UsageError} */
export async function throughOf(flags: ProxyFlags, io: CommandIO): Promise<readonly ThroughStep<object>[]> {
  const steps: ThroughStep<object>[] = [...(await proxiesOf(flags, io))];
  // It is for who is at the end of the chain.
  if (flags.proxyProtocol !== undefined) {
    steps.push({ protocol: 'proxy', version: flags.proxyProtocol === '1' ? 1 : 2 });
  }
  return steps;
}

/** Who decides about the proxy instead of an address; null for addresses. @throws {UsageError} */
export function deciderOf({ proxy = [], proxyProtocol }: ProxyFlags): 'system' | 'environment' | null {
  const decider = proxy.find((each) => each === 'system' || each === 'environment');
  if (decider === undefined) return null;
  if (proxy.length > 1) throw new UsageError(`--proxy ${decider} does not go with other proxies`);
  if (proxyProtocol !== undefined) {
    throw new UsageError(`--proxy ${decider} does not go with --proxy-protocol`);
  }
  return decider === 'system' ? 'system' : 'environment';
}

/** The proxies, in their order. @throws {UsageError} */
export async function proxiesOf(
  flags: Pick<ProxyFlags, 'proxy' | 'proxyAuth'>,
  io: CommandIO,
): Promise<readonly ProxyServerStep<object>[]> {
  const steps: ProxyServerStep<object>[] = [];
  const { proxy = [], proxyAuth } = flags;
  if (proxyAuth !== undefined && proxy.length === 0) throw new UsageError('--proxy-auth needs --proxy');
  for (const url of proxy) {
    const address = parsed(url);
    const isSignedIn = proxyAuth !== undefined && address.protocol === 'connect';
    const step = isSignedIn ? { ...address, auth: proxyAuth } : address;
    const { user, password } = step;
    const isComplete = user === undefined || password !== undefined;
    steps.push(isComplete ? step : { ...step, password: await passwordOf(`${user} at ${step.host}`, io) });
  }
  return steps;
}

/** Not by commander, which would show a password in a wrong URL. */
function parsed(url: string): ProxyServerStep<object> {
  try {
    return proxyFromUrl(url);
  } catch (error) {
    throw new UsageError(`--proxy: ${toError(error).message}`);
  }
}

const passwordOf = (of: string, io: CommandIO): Promise<string> =>
  readPassword(io, { of, neededBy: '--proxy', variable: 'SCHANNEL_PROXY_PASSWORD' });
