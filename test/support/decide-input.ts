import type { DecideInput } from '#lib/apps/decide/decision.js';
import {
  FIPS_KEY,
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
} from '#lib/windows/policy/keys.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { ScriptedRegistry, scriptedPolicySystem, type ScriptedWindows } from './scripted-policy.js';

/** A Windows with some settings, and what else decides. */
export interface DecidingWindows extends ScriptedWindows {
  /** 'TLS 1.2\\Server': [Enabled, DisabledByDefault]; undefined is absent. */
  readonly protocols?: Readonly<Record<string, readonly (number | undefined)[]>>;
  readonly policySuites?: readonly string[];
  readonly localSuites?: readonly string[];
  readonly policyGroups?: readonly string[];
  readonly localGroups?: readonly string[];
  /** FipsAlgorithmPolicy of the registry. */
  readonly fipsEnabled?: number;
  /** Longest RSA key that a client takes. */
  readonly longestRsa?: number;
}

/** Schannel says nothing: what the tables say is then what counts. */
const SILENT: ScriptedWindows = { client: 0, server: 0 };

export async function decideInput(
  windows: DecidingWindows = {},
  rest: Partial<Omit<DecideInput, 'policy'>> = {},
): Promise<DecideInput> {
  const registry = new ScriptedRegistry();
  for (const [key, [enabled, disabled]] of Object.entries(windows.protocols ?? {})) {
    if (enabled !== undefined) registry.put(`${PROTOCOLS_KEY}\\${key}`, 'Enabled', enabled);
    if (disabled !== undefined) registry.put(`${PROTOCOLS_KEY}\\${key}`, 'DisabledByDefault', disabled);
  }
  const lists = [
    [POLICY_SUITES_KEY, 'Functions', windows.policySuites],
    [POLICY_SUITES_KEY, 'EccCurves', windows.policyGroups],
    [LOCAL_SUITES_KEY, 'Functions', windows.localSuites],
    [LOCAL_SUITES_KEY, 'EccCurves', windows.localGroups],
  ] as const;
  for (const [key, name, list] of lists) if (list !== undefined) registry.put(key, name, list);
  const { fipsEnabled, longestRsa } = windows;
  if (fipsEnabled !== undefined) registry.put(FIPS_KEY, 'Enabled', fipsEnabled);
  if (longestRsa !== undefined)
    registry.put(`${SCHANNEL_KEY}\\KeyExchangeAlgorithms\\PKCS`, 'ClientMaxKeyBitLength', longestRsa);
  const policy = await readPolicyOf(scriptedPolicySystem(registry, { ...SILENT, ...windows }));
  return { role: 'server', ...rest, policy };
}
