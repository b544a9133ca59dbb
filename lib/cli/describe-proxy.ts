import type { ProxyAttempt } from '../adapters/proxy/choose-proxy.js';
import { printable } from '../base/text/printable.js';

/** Which proxy a connection takes, and why; and what could not be used on the way. */
export function formatAttempt({ proxy, reason, problem }: ProxyAttempt): string[] {
  const taken = `Proxy: ${proxy === 'direct' ? 'none' : proxy}. Why: ${reason}.`;
  return problem === null ? [taken] : [taken, printable(problem.message, 1000)];
}
