import { Alert } from '../../base/errors/alerts.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Role } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { POLICY_SUITES_KEY, PROTOCOLS_KEY, SUITES_VALUE, versionKey } from '../../windows/policy/keys.js';
import { type PolicyVersion, stateOf } from '../../windows/policy/protocol-versions.js';
import {
  type Registry,
  type RegistryKey,
  valueIn,
  windowsRegistry,
} from '../../windows/registry/registry.js';
import { listOf, numberOf } from '../../windows/registry/registry-value.js';
import { type Protocol, type ProtocolRange, protocolsIn } from '../secure-context/protocols.js';

/** What a handshake was made with. */
export interface HandshakeSettings {
  readonly role: Role;
  readonly protocols: ProtocolRange;
}

type Reader = Pick<Registry, 'read'>;

/** The alerts by which a peer says that nothing is common. */
const ABOUT_SETTINGS: readonly number[] = [
  Alert.HandshakeFailure,
  Alert.ProtocolVersion,
  Alert.InsufficientSecurity,
];

/**
 * Adds to the advice of an error which setting of the options or of this machine may be the cause. It never fails: then
 * the error stays as it is.
 * @returns null for an error that is not about settings: nothing is read for it
 */
export function adviseOnSettings(
  error: Error,
  settings: HandshakeSettings,
  registry: () => Reader = () => windowsRegistry(native()),
): Promise<void> | null {
  if (!(error instanceof SchannelError) || !isAboutSettings(error)) return null;
  return advise(error, settings, registry).catch(() => undefined);
}

function isAboutSettings({ code, phase, status, alert }: SchannelError): boolean {
  if (phase !== 'handshake' && phase !== 'credential') return false;
  if (alert !== undefined)
    return alert.direction === 'received' && ABOUT_SETTINGS.includes(alert.description);
  // What this library refuses by itself has no status, and names its option already.
  return (
    status !== undefined &&
    (code === 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM' || code === 'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED')
  );
}

async function advise(
  error: SchannelError,
  settings: HandshakeSettings,
  registry: () => Reader,
): Promise<void> {
  const ofOptions = optionsAdvice(settings.protocols);
  const ofMachine = await machineAdvice(settings, registry).catch(() => []);
  const advice = [...ofOptions, ...ofMachine, ...(error.advice === undefined ? [] : [error.advice])];
  Object.assign(error, { advice: advice.join(' ') });
}

function optionsAdvice({ min, max }: ProtocolRange): string[] {
  if (min === 'TLSv1.2' && max === 'TLSv1.3') return [];
  const versions = min === max ? min : `${min} to ${max}`;
  return [`minVersion and maxVersion allow only ${versions} here.`];
}

const NAMES: Readonly<Record<Protocol, PolicyVersion>> = {
  TLSv1: 'TLS 1.0',
  'TLSv1.1': 'TLS 1.1',
  'TLSv1.2': 'TLS 1.2',
  'TLSv1.3': 'TLS 1.3',
};

async function machineAdvice(
  { role, protocols }: HandshakeSettings,
  registry: () => Reader,
): Promise<string[]> {
  const [versions, suites] = await readings(registry());
  const off = protocolsIn(protocols)
    .map((protocol) => NAMES[protocol])
    .filter((version) => isOff(versions, versionKey(version, role)));
  const list = listOf(valueIn(suites[0], SUITES_VALUE));
  return [
    ...off.map(
      (version) =>
        `The registry of this machine switches off ${version} for ${role}s (HKLM\\${versionKey(version, role)}): schannel policy explain "${version}" --${role}.`,
    ),
    ...(list === null
      ? []
      : [
          `A group policy lists ${list.length} cipher suites for this machine: schannel policy explain --${role}.`,
        ]),
  ];
}

/** Names of keys have no case. */
function isOff(keys: readonly RegistryKey[], path: string): boolean {
  const key = keys.find((each) => each.path.toLowerCase() === path.toLowerCase());
  const number = (name: string): number | null => numberOf(valueIn(key, name));
  const state = stateOf({ enabled: number('Enabled'), disabledByDefault: number('DisabledByDefault') });
  return state === 'disabled' || state === 'disabled by default';
}

type Readings = Promise<[readonly RegistryKey[], readonly RegistryKey[]]>;

/** Milliseconds that a reading counts: clients can have a server fail as often as they like. */
const KEPT = 10_000;

let last: { readonly at: number; readonly readings: Readings } | null = null;

function readings(registry: Reader): Readings {
  const now = performance.now();
  if (last !== null && now - last.at < KEPT) return last.readings;
  const started = Promise.all([registry.read(PROTOCOLS_KEY, 2), registry.read(POLICY_SUITES_KEY)]);
  last = { at: now, readings: started };
  return started;
}

/** Has the next error read again. */
export function forgetReadings(): void {
  last = null;
}
