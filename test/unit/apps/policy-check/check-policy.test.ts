import assert from 'node:assert/strict';
import { checkPolicyOf, type PolicyCheck } from '#lib/apps/policy-check/check-policy.js';
import type { Authority } from '#lib/apps/policy-check/machine.js';
import {
  FIPS_KEY,
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
} from '#lib/windows/policy/keys.js';
import { defaultSuites } from '#lib/windows/policy/windows-defaults.js';
import { REG, type RegistryValue } from '#lib/windows/registry/registry-value.js';
import {
  ScriptedRegistry,
  scriptedPolicySystem,
  type ScriptedWindows,
} from '../../../support/scripted-policy.js';

/** 'key\\name' below HKLM, by what is there. */
type Values = Readonly<Record<string, number | readonly string[] | RegistryValue>>;

interface Machine extends ScriptedWindows {
  readonly values?: Values;
  readonly roots?: readonly Authority[] | 'refused';
  readonly clientIssuers?: readonly Authority[];
}

const authority = (nameLength: number, selfIssued = true): Authority => ({
  ...{ thumbprint: 'AA', subject: 'CN=Bar', selfIssued, nameLength },
});

async function check({
  values = {},
  roots = [],
  clientIssuers = [],
  ...windows
}: Machine): Promise<PolicyCheck> {
  const registry = new ScriptedRegistry();
  for (const [path, value] of Object.entries(values)) {
    const at = path.lastIndexOf('\\');
    registry.put(path.slice(0, at), path.slice(at + 1), value);
  }
  return checkPolicyOf({
    policy: scriptedPolicySystem(registry, { fips: false, ...windows }),
    authorities: (store) => {
      if (store === 'ClientAuthIssuer') return Promise.resolve(clientIssuers);
      return roots === 'refused' ? Promise.reject(new Error('refused')) : Promise.resolve(roots);
    },
  });
}

const T12 = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const T13 = 'TLS_AES_128_GCM_SHA256';
const CBC = 'TLS_RSA_WITH_AES_128_CBC_SHA';
const protocol = (name: string): string => `${PROTOCOLS_KEY}\\${name}`;
const LOCAL = `${LOCAL_SUITES_KEY}\\Functions`;
const POLICY = `${POLICY_SUITES_KEY}\\Functions`;
const LOCAL_GROUPS = `${LOCAL_SUITES_KEY}\\EccCurves`;
const POLICY_GROUPS = `${POLICY_SUITES_KEY}\\EccCurves`;
const text = (content: string): RegistryValue => ({
  type: REG.text,
  data: Buffer.from(`${content}\0`, 'utf16le'),
});
const WINHTTP = 'Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp\\DefaultSecureProtocols';
const DOTNET = 'SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319';

/** TLS 1.2 and 1.3 on for both roles on Windows 11 23H2, and what is different; the findings, the most severe first. */
const ROWS: readonly (readonly [what: string, Machine, findings: readonly string[]])[] = [
  ['nothing wrong', {}, []],
  [
    'the one value of a new Windows',
    { values: { [`${protocol('SSL 2.0\\Client')}\\DisabledByDefault`]: 1 } },
    [],
  ],

  ['no version for a server', { server: 0x4 }, ['error NO_VERSION', 'warning SSL_ON']],
  ['no version for a client', { client: 0x20 }, ['error NO_VERSION', 'warning SSL_ON']],
  ['SSL 3.0', { server: 0x1410 }, ['warning SSL_ON']],
  [
    'roles without a common version',
    { client: 0x2000, server: 0x400 },
    ['warning TLS12_OFF', 'warning NO_COMMON_VERSION', 'note TLS13_OFF'],
  ],
  ['TLS 1.0 and 1.1 by default', { server: 0x1540 }, ['note OLD_TLS_ON', 'note OLD_TLS_ON']],
  [
    'TLS 1.0 by the registry',
    {
      server: 0x1440,
      values: {
        [`${protocol('TLS 1.0\\Server')}\\Enabled`]: 1,
        [`${protocol('TLS 1.0\\Server')}\\DisabledByDefault`]: 0,
      },
    },
    ['warning OLD_TLS_ON'],
  ],
  ['TLS 1.2 off', { server: 0x1000 }, ['warning TLS12_OFF']],
  ['TLS 1.3 off', { client: 0x800 }, ['note TLS13_OFF']],
  [
    'TLS 1.3 on Windows 10',
    {
      build: 19045,
      client: 0x800,
      server: 0x400,
      values: { [`${protocol('TLS 1.3\\Server')}\\Enabled`]: 1 },
    },
    ['error TLS13_EXPERIMENTAL'],
  ],
  [
    'TLS 1.3 off by default on Windows 10',
    {
      build: 19045,
      client: 0x800,
      server: 0x400,
      values: { [`${protocol('TLS 1.3\\Server')}\\DisabledByDefault`]: 1 },
    },
    ['warning BY_DEFAULT_OFF'],
  ],
  [
    'TLS 1.3 off on Windows 10',
    {
      build: 19045,
      client: 0x800,
      server: 0x400,
      values: { [`${protocol('TLS 1.3\\Server')}\\Enabled`]: 0 },
    },
    [],
  ],
  [
    'TLS 1.2 off by default',
    {
      server: 0x1000,
      values: {
        [`${protocol('TLS 1.2\\Server')}\\Enabled`]: 1,
        [`${protocol('TLS 1.2\\Server')}\\DisabledByDefault`]: 1,
      },
    },
    ['warning TLS12_OFF', 'warning BY_DEFAULT_OFF'],
  ],
  ['only Enabled', { values: { [`${protocol('TLS 1.2\\Server')}\\Enabled`]: 1 } }, ['note ONLY_ENABLED']],
  [
    'on in the registry and off in Schannel',
    {
      server: 0x400,
      values: {
        [`${protocol('TLS 1.3\\Server')}\\Enabled`]: 1,
        [`${protocol('TLS 1.3\\Server')}\\DisabledByDefault`]: 0,
      },
    },
    ['warning NOT_IN_EFFECT', 'note TLS13_OFF'],
  ],
  [
    'off in the registry and on in Schannel',
    { values: { [`${protocol('TLS 1.2\\Server')}\\Enabled`]: 0 } },
    ['warning NOT_IN_EFFECT'],
  ],
  [
    'on in the registry and not in this Windows',
    {
      values: {
        [`${protocol('SSL 2.0\\Server')}\\Enabled`]: 1,
        [`${protocol('SSL 2.0\\Server')}\\DisabledByDefault`]: 0,
      },
    },
    ['warning NOT_IN_EFFECT'],
  ],

  [
    'a list without a usable suite',
    { values: { [LOCAL]: ['TLS_RSA_WITH_NULL_SHA', 'TLS_PSK_WITH_AES_128_GCM_SHA256'] } },
    ['error NO_SUITE', 'error NO_SUITE'],
  ],
  ['an empty list of a group policy', { values: { [POLICY]: [] } }, ['warning NO_SUITE']],
  [
    'a list for only TLS 1.3',
    { values: { [LOCAL]: [T13] } },
    ['warning NO_SUITE_FOR_VERSION', 'warning NO_SUITE_FOR_VERSION'],
  ],
  [
    'a list without TLS 1.3',
    { client: 0x800, values: { [LOCAL]: [T12] } },
    ['warning NO_SUITE_FOR_VERSION', 'note TLS13_OFF'],
  ],
  [
    'a list for a version that is off',
    { server: 0x1000, values: { [LOCAL]: [T12] } },
    ['error NO_SUITE', 'warning TLS12_OFF', 'warning NO_SUITE_FOR_VERSION'],
  ],
  [
    'a list in which FIPS mode leaves nothing',
    { fips: true, values: { [`${FIPS_KEY}\\Enabled`]: 1, [LOCAL]: ['TLS_CHACHA20_POLY1305_SHA256'] } },
    ['error NO_SUITE', 'error NO_SUITE', 'note FIPS_ON', 'note FIPS_GROUPS'],
  ],
  [
    'a changed list below a group policy',
    { values: { [LOCAL]: [T12], [POLICY]: [T13, T12] } },
    ['warning SUITES_HIDDEN'],
  ],
  ['the same list below a group policy', { values: { [LOCAL]: [T13, T12], [POLICY]: [T13, T12] } }, []],
  [
    'the default below a group policy',
    { values: { [LOCAL]: defaultSuites(22631) ?? [], [POLICY]: [T13, T12] } },
    [],
  ],
  [
    'a long list of a group policy',
    { values: { [POLICY]: text(Array(27).fill(T12).concat(T13).join(',')) } },
    ['warning SUITES_TOO_LONG'],
  ],
  [
    'the longest list of a group policy',
    { values: { [POLICY]: text(Array(26).fill(T12).concat(T13).join(',')) } },
    [],
  ],
  ['a name that is of no suite', { values: { [LOCAL]: [T13, T12, 'TLS_NEW'] } }, ['warning SUITES_UNKNOWN']],
  ['a name with a curve', { values: { [POLICY]: [T13, `${T12}_P256`] } }, []],
  ['weak suites by default', { build: 17763, client: 0x800, server: 0x400 }, ['note SUITES_WEAK']],
  [
    'weak suites in a list',
    { values: { [LOCAL]: [T13, T12, 'TLS_RSA_WITH_RC4_128_SHA'] } },
    ['warning SUITES_WEAK'],
  ],
  ['a suite that HTTP/2 forbids in front', { values: { [LOCAL]: [T13, CBC, T12] } }, ['warning HTTP2_ORDER']],
  ['lists that Windows does not say', { build: 16299, client: 0x800, server: 0x400 }, []],

  ['an empty list of groups', { values: { [LOCAL_GROUPS]: [] } }, ['warning NO_GROUP']],
  [
    'groups that nobody knows',
    { values: { [LOCAL_GROUPS]: ['x'] } },
    ['warning GROUPS_UNKNOWN', 'warning NO_GROUP'],
  ],
  [
    'groups before Windows 10 1607',
    { build: 10586, client: 0x800, server: 0x400, values: { [LOCAL_GROUPS]: ['x'] } },
    [],
  ],
  [
    'lists that Wine does not read',
    { wine: '10.0', values: { [LOCAL_GROUPS]: ['x'], [LOCAL]: ['TLS_NEW'] } },
    [],
  ],
  [
    'groups that FIPS mode leaves out',
    { fips: true, values: { [`${FIPS_KEY}\\Enabled`]: 1, [LOCAL_GROUPS]: ['curve25519', 'secP256r1'] } },
    ['error NO_GROUP', 'note FIPS_ON', 'note FIPS_GROUPS'],
  ],
  [
    'groups for only TLS 1.3',
    { build: 26100, values: { [LOCAL_GROUPS]: ['x25519_mlkem768'] } },
    ['warning NO_GROUP_BEFORE_TLS13'],
  ],
  [
    'groups for only TLS 1.3, without older versions',
    { build: 26100, client: 0x2000, server: 0x1000, values: { [LOCAL_GROUPS]: ['x25519_mlkem768'] } },
    ['warning TLS12_OFF', 'warning TLS12_OFF'],
  ],
  [
    'groups with ML-KEM before 24H2',
    { values: { [LOCAL_GROUPS]: ['x25519_mlkem768', 'NistP256'] } },
    ['warning GROUPS_UNKNOWN'],
  ],
  [
    'changed groups below a group policy',
    { values: { [LOCAL_GROUPS]: ['nistp521'], [POLICY_GROUPS]: ['NistP256'] } },
    ['warning GROUPS_HIDDEN'],
  ],

  [
    'FIPS mode',
    { fips: true, values: { [`${FIPS_KEY}\\Enabled`]: 1, [LOCAL_GROUPS]: ['NistP256'] } },
    ['note FIPS_ON'],
  ],
  [
    'FIPS mode without its setting',
    { fips: true, values: { [LOCAL_GROUPS]: ['NistP256'] } },
    ['warning FIPS_PENDING', 'note FIPS_ON'],
  ],
  ['FIPS mode before a restart', { values: { [`${FIPS_KEY}\\Enabled`]: 1 } }, ['warning FIPS_PENDING']],
  [
    'FIPS mode of two minds',
    {
      fips: true,
      values: { [`${FIPS_KEY}\\Enabled`]: 0, [`${FIPS_KEY}\\MDMEnabled`]: 1, [LOCAL_GROUPS]: ['NistP256'] },
    },
    ['warning FIPS_DIVIDED', 'note FIPS_ON'],
  ],
  [
    'FIPS mode with SSL 3.0',
    {
      fips: true,
      values: {
        [`${FIPS_KEY}\\Enabled`]: 1,
        [LOCAL_GROUPS]: ['NistP256'],
        [`${protocol('SSL 3.0\\Server')}\\Enabled`]: 1,
        [`${protocol('SSL 3.0\\Server')}\\DisabledByDefault`]: 0,
      },
    },
    ['warning NOT_IN_EFFECT', 'warning FIPS_SSL', 'note FIPS_ON'],
  ],

  [
    'a root that another has issued',
    { roots: [authority(40), authority(40, false)] },
    ['warning ROOT_NOT_SELF_SIGNED'],
  ],
  ['roots that cannot be read', { roots: 'refused' }, ['note STORE_UNREAD']],
  ['many roots', { roots: Array<Authority>(400).fill(authority(100)) }, []],
  [
    'a list of authorities that just fits',
    {
      roots: Array<Authority>(128).fill(authority(126)),
      values: { [`${SCHANNEL_KEY}\\SendTrustedIssuerList`]: 1 },
    },
    [],
  ],
  [
    'a list of authorities that is too long',
    {
      roots: [...Array<Authority>(128).fill(authority(126)), authority(1)],
      values: { [`${SCHANNEL_KEY}\\SendTrustedIssuerList`]: 1 },
    },
    ['error ISSUER_LIST_TOO_LONG'],
  ],
  [
    'a store for authorities of clients',
    {
      roots: Array<Authority>(400).fill(authority(100)),
      clientIssuers: [authority(100)],
      values: { [`${SCHANNEL_KEY}\\SendTrustedIssuerList`]: 1 },
    },
    [],
  ],
  [
    'a store for too many authorities of clients',
    {
      clientIssuers: Array<Authority>(400).fill(authority(100)),
      values: { [`${SCHANNEL_KEY}\\SendTrustedIssuerList`]: 1 },
    },
    ['error ISSUER_LIST_TOO_LONG'],
  ],
  [
    'a mode of trust that does not exist',
    { values: { [`${SCHANNEL_KEY}\\ClientAuthTrustMode`]: 3 } },
    ['warning TRUST_MODE_UNKNOWN'],
  ],
  ['a mode of trust', { values: { [`${SCHANNEL_KEY}\\ClientAuthTrustMode`]: 2 } }, []],

  [
    'a version with a wrong name',
    { values: { [`${protocol('TLS1.2\\Server')}\\Enabled`]: 1 } },
    ['warning KEY_UNKNOWN'],
  ],
  [
    'a role with a wrong name',
    { values: { [`${protocol('TLS 1.2\\Sever')}\\Enabled`]: 1 } },
    ['warning KEY_UNKNOWN'],
  ],
  [
    'names in other letters',
    {
      values: {
        [`${protocol('tls 1.2\\SERVER')}\\enabled`]: 1,
        [`${protocol('TLS 1.2\\Server')}\\DISABLEDBYDEFAULT`]: 0,
      },
    },
    [],
  ],
  [
    'keys of old releases',
    {
      values: {
        [`${protocol('PCT 1.0\\Server')}\\Enabled`]: 0,
        [`${protocol('Multi-Protocol Unified Hello\\Server')}\\Enabled`]: 0,
      },
    },
    [],
  ],
  [
    'a switch beside the roles',
    { values: { [`${protocol('TLS 1.2')}\\Enabled`]: 1 } },
    ['warning VALUE_MISPLACED'],
  ],
  [
    'a switch beside the versions',
    { values: { [`${PROTOCOLS_KEY}\\DisabledByDefault`]: 1 } },
    ['warning VALUE_MISPLACED'],
  ],
  [
    'a switch that is a text',
    { values: { [`${protocol('TLS 1.2\\Server')}\\Enabled`]: text('1') } },
    ['warning VALUE_TYPE'],
  ],
  [
    'a switch that is too short',
    { values: { [`${protocol('TLS 1.2\\Server')}\\Enabled`]: { type: REG.number, data: Buffer.from([1]) } } },
    ['warning VALUE_TYPE'],
  ],
  [
    'a number that is a text',
    {
      values: {
        [`${SCHANNEL_KEY}\\Messaging\\MessageLimitClient`]: text('1'),
        [`${SCHANNEL_KEY}\\other`]: text('1'),
      },
    },
    ['warning VALUE_TYPE'],
  ],
  [
    'a switch of old releases',
    {
      values: {
        [`${SCHANNEL_KEY}\\Ciphers\\RC4 128/128\\Enabled`]: 0,
        [`${SCHANNEL_KEY}\\Hashes\\MD5\\Enabled`]: 0xffffffff,
      },
    },
    ['note LEGACY_SWITCH'],
  ],
  [
    'a switch of old releases that turns AES off',
    { values: { [`${SCHANNEL_KEY}\\Ciphers\\AES 256/256\\Enabled`]: 0 } },
    ['warning LEGACY_SWITCH'],
  ],

  ['no events', { values: { [`${SCHANNEL_KEY}\\EventLogging`]: 0 } }, ['note EVENTS_OFF']],
  ['all events', { values: { [`${SCHANNEL_KEY}\\EventLogging`]: 7 } }, []],
  [
    'no resumption',
    { values: { [`${SCHANNEL_KEY}\\ServerCacheTime`]: 0, [`${SCHANNEL_KEY}\\MaximumCacheSize`]: 0 } },
    ['note RESUMPTION_OFF', 'note RESUMPTION_OFF'],
  ],
  [
    'a low limit of messages',
    {
      values: {
        [`${SCHANNEL_KEY}\\Messaging\\MessageLimitServer`]: 0x3fff,
        [`${SCHANNEL_KEY}\\Messaging\\MessageLimitClient`]: 0x8000,
      },
    },
    ['warning MESSAGE_LIMIT'],
  ],
  [
    'short keys',
    {
      values: {
        [`${SCHANNEL_KEY}\\KeyExchangeAlgorithms\\Diffie-Hellman\\ServerMinKeyBitLength`]: 1024,
        [`${SCHANNEL_KEY}\\KeyExchangeAlgorithms\\PKCS\\ClientMinKeyBitLength`]: 512,
      },
    },
    ['warning SHORT_KEYS', 'warning SHORT_KEYS'],
  ],
  [
    'unsafe renegotiation',
    {
      values: {
        [`${SCHANNEL_KEY}\\AllowInsecureRenegoClients`]: 1,
        [`${SCHANNEL_KEY}\\AllowInsecureRenegoServers`]: 0,
      },
    },
    ['warning UNSAFE_RENEGOTIATION'],
  ],
  [
    'weak mapping',
    { values: { [`${SCHANNEL_KEY}\\CertificateMappingMethods`]: 0x1f } },
    ['warning WEAK_MAPPING'],
  ],
  ['strong mapping', { values: { [`${SCHANNEL_KEY}\\CertificateMappingMethods`]: 0x18 } }, []],

  [
    'an old WinHTTP',
    { values: { [`SOFTWARE\\${WINHTTP}`]: 0xa0, [`SOFTWARE\\WOW6432Node\\${WINHTTP}`]: 0xa0 } },
    ['warning WINHTTP_OLD', 'warning WINHTTP_OLD'],
  ],
  ['two of WinHTTP', { values: { [`SOFTWARE\\${WINHTTP}`]: 0xa00 } }, ['note WINHTTP_DIVIDED']],
  [
    'an old .NET Framework',
    { values: { [`${DOTNET}\\SchUseStrongCrypto`]: 0, [`${DOTNET}\\SystemDefaultTlsVersions`]: 1 } },
    ['warning DOTNET_OLD'],
  ],
];

describe('apps/policy-check/check-policy', () => {
  for (const [what, machine, expected] of ROWS) {
    it(`finds with ${what}: ${expected.join(', ') || 'nothing'}`, async () => {
      const { findings, usable } = await check(machine);
      assert.deepEqual(
        findings.map(({ severity, code }) => `${severity} ${code}`),
        expected,
      );
      assert.equal(usable, !expected.some((each) => each.startsWith('error')));
      for (const { meaning, remedy, command, code } of findings) {
        assert.match(meaning, /^[\s\S]+\.$/, code);
        // Notes may be there only to know.
        const isNote = findings.some((each) => each.code === code && each.severity === 'note');
        assert.ok(isNote || remedy !== null || command !== null, code);
      }
    });
  }

  it('names cause and command', async () => {
    const { findings } = await check({
      server: 0x1410,
      values: {
        [`${protocol('SSL 3.0\\Server')}\\Enabled`]: 1,
        [`${protocol('SSL 3.0\\Server')}\\DisabledByDefault`]: 0,
        [`${SCHANNEL_KEY}\\AllowInsecureRenegoClients`]: 1,
      },
      roots: [authority(40, false)],
    });
    assert.deepEqual(
      findings.map(({ cause, command }) => [cause, command]),
      [
        [
          `HKLM\\${protocol('SSL 3.0\\Server')}: Enabled=1 DisabledByDefault=0`,
          'schannel policy set protocol "SSL 3.0" server off --undo before.reg',
        ],
        ['LocalMachine\\Root\\AA', 'schannel cert rm AA --store LocalMachine\\Root'],
        [
          `HKLM\\${SCHANNEL_KEY}\\AllowInsecureRenegoClients`,
          `reg delete "HKLM\\${SCHANNEL_KEY}" /v AllowInsecureRenegoClients /f`,
        ],
      ],
    );
  });

  it('never advises to change a list of the machine that a group policy hides', async () => {
    const { findings } = await check({ values: { [POLICY]: [CBC], [POLICY_GROUPS]: ['x'] } });
    assert.ok(findings.length > 2);
    for (const { command } of findings) assert.doesNotMatch(command ?? '', /set (suites|groups)/);
  });

  it('leaves no handle open', async () => {
    const system = scriptedPolicySystem(new ScriptedRegistry());
    await checkPolicyOf({ policy: system, authorities: () => Promise.resolve([]) });
    assert.equal(system.open(), 0);
  });
});
