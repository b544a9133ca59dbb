import { OTHER_VALUES } from '../../windows/policy/other-values.js';
import { PROTOCOLS_KEY, SCHANNEL_KEY } from '../../windows/policy/keys.js';
import { POLICY_VERSIONS } from '../../windows/policy/protocol-versions.js';
import type { RegistryKey } from '../../windows/registry/registry.js';
import { numberOf, REG } from '../../windows/registry/registry-value.js';
import { deleteCommand, finding, type PolicyFinding } from './finding.js';

/** Keys and values of Schannel that do nothing, or that older tools have left. */
export const registryFindings = (schannel: readonly RegistryKey[]): PolicyFinding[] =>
  schannel.flatMap((key) => [
    ...unknownKey(key),
    ...misplaced(key),
    ...wrongTypes(key),
    ...legacySwitch(key),
  ]);

/** Below Protocols. The last one is for hellos in the form of SSL 2.0. */
const VERSION_KEYS: readonly string[] = [...POLICY_VERSIONS, 'PCT 1.0', 'Multi-Protocol Unified Hello'].map(
  (name) => name.toLowerCase(),
);

/** The parts of a path below a key; null if it is elsewhere. */
function partsBelow(path: string, above: string): string[] | null {
  const start = `${above.toLowerCase()}\\`;
  return path.toLowerCase().startsWith(start) ? path.slice(start.length).split('\\') : null;
}

function unknownKey({ path }: RegistryKey): PolicyFinding[] {
  const [version, role, ...more] = partsBelow(path, PROTOCOLS_KEY) ?? [];
  if (version === undefined || more.length > 0) return [];
  const isVersion = VERSION_KEYS.includes(version.toLowerCase());
  // One finding is enough for an unknown version and what is below it.
  const isWrong = role === undefined ? !isVersion : isVersion && !/^(client|server)$/i.test(role);
  if (!isWrong) return [];
  return [
    finding(
      'warning',
      'KEY_UNKNOWN',
      role === undefined
        ? `Schannel knows no version "${version}": what is set there does nothing.`
        : `Below a version, Schannel reads Client and Server, and not "${role}".`,
      {
        cause: `HKLM\\${path}`,
        remedy: `Versions are called ${POLICY_VERSIONS.slice(2, 6).join(', ')}, with a blank, and with Client and Server below them.`,
      },
    ),
  ];
}

const SWITCHES = /^(Enabled|DisabledByDefault)$/i;

/** Switches that belong one key deeper. */
function misplaced({ path, values }: RegistryKey): PolicyFinding[] {
  const isProtocols = path.toLowerCase() === PROTOCOLS_KEY.toLowerCase();
  const parts = partsBelow(path, PROTOCOLS_KEY);
  if (!isProtocols && parts?.length !== 1) return [];
  return values
    .filter(({ name }) => SWITCHES.test(name))
    .map(({ name }) =>
      finding(
        'warning',
        'VALUE_MISPLACED',
        `${name} does nothing here: it belongs into the key Client or Server of a version.`,
        { cause: `HKLM\\${path}\\${name}`, command: deleteCommand(path, name) },
      ),
    );
}

function wrongTypes({ path, values }: RegistryKey): PolicyFinding[] {
  return values
    .filter(({ name, type, data }) => isNumber(path, name) && (type !== REG.number || data.length !== 4))
    .map(({ name, type }) =>
      finding('warning', 'VALUE_TYPE', `${name} is no DWORD (type ${type}), so Schannel does not read it.`, {
        cause: `HKLM\\${path}\\${name}`,
        remedy: 'Remove it, or write it again as a DWORD.',
        command: deleteCommand(path, name),
      }),
    );
}

/** Whether a value should be a DWORD. */
function isNumber(path: string, name: string): boolean {
  if (partsBelow(path, PROTOCOLS_KEY)?.length === 2) return SWITCHES.test(name);
  return OTHER_NUMBERS.has(`${path}\\${name}`.toLowerCase());
}

const OTHER_NUMBERS: ReadonlySet<string> = new Set(
  [
    ...OTHER_VALUES.map(({ key, name }) => `${key}\\${name}`),
    ...['ClientAuthTrustMode', 'EventLogging'].map((name) => `${SCHANNEL_KEY}\\${name}`),
  ].map((path) => path.toLowerCase()),
);

/** Without them, TLS 1.3 or all suites with ECDHE and GCM are gone. */
const NEEDED = /^(Ciphers\\AES (128\/128|256\/256)|Hashes\\SHA(256|384)|KeyExchangeAlgorithms\\ECDH)$/i;

/** Ciphers\RC4 128/128, Hashes\MD5 …: switches of the time before lists of suites, which tools still write. */
function legacySwitch({ path, values }: RegistryKey): PolicyFinding[] {
  const parts = partsBelow(path, SCHANNEL_KEY);
  const [kind = ''] = parts ?? [];
  if (parts?.length !== 2 || !/^(Ciphers|Hashes|KeyExchangeAlgorithms)$/i.test(kind)) return [];
  const value = values.find(({ name }) => name.toLowerCase() === 'enabled');
  if (value === undefined || numberOf(value) !== 0) return [];
  const what = parts.join('\\');
  const isNeeded = NEEDED.test(what);
  return [
    finding(
      isNeeded ? 'warning' : 'note',
      'LEGACY_SWITCH',
      isNeeded
        ? `${what} is switched off, which modern cipher suites need.`
        : `${what} is switched off by a setting of older releases. The list of cipher suites is what Microsoft supports.`,
      { cause: `HKLM\\${path}\\Enabled`, ...(isNeeded ? { command: deleteCommand(path, 'Enabled') } : {}) },
    ),
  ];
}
