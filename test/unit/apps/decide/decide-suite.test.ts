import assert from 'node:assert/strict';
import type { DecideInput, Rule } from '#lib/apps/decide/decision.js';
import { decideSuite } from '#lib/apps/decide/decide-suite.js';
import { suiteNamed } from '#lib/windows/policy/suite-versions.js';
import { decideInput, type DecidingWindows } from '../../../support/decide-input.js';

type Row = readonly [
  suite: string,
  windows: DecidingWindows,
  rest: Partial<Omit<DecideInput, 'policy'>>,
  answer: 'yes' | 'no' | 'unknown',
  rule: Rule,
  text: RegExp,
];

const T13 = 'TLS_AES_128_GCM_SHA256';
const RSA_GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const EC_GCM = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
const RSA_CBC = 'TLS_RSA_WITH_AES_128_CBC_SHA';
const DHE_GCM = 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384';
const TRIPLE_DES = 'TLS_RSA_WITH_3DES_EDE_CBC_SHA';
const RC4 = 'TLS_RSA_WITH_RC4_128_SHA';
const NULL = 'TLS_RSA_WITH_NULL_SHA256';
const CHACHA20 = 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256';
const CHACHA20_13 = 'TLS_CHACHA20_POLY1305_SHA256';
const PSK = 'TLS_PSK_WITH_AES_256_GCM_SHA384';

const off = (...versions: readonly string[]): DecidingWindows => ({
  protocols: Object.fromEntries(versions.map((version) => [`${version}\\Server`, [0, 1]])),
});
const groups = (tls13: readonly string[] | null, before: readonly string[] | null) => ({
  peerGroups: { 'TLSv1.3': tls13, before },
});

const dhe = (dhBits: number) =>
  ({ role: 'client', peerGroups: { 'TLSv1.3': null, before: null, dhBits } }) as const;
const RSA = { kind: 'RSA', bits: 2048 } as const;
const P384 = { kind: 'EC', curve: 'NistP384' } as const;
const P521 = { kind: 'EC', curve: 'NistP521' } as const;

const ROWS: readonly Row[] = [
  [CHACHA20, {}, {}, 'no', 'build', /^Windows 11 23H2 has no TLS_ECDHE_RSA_WITH_CHACHA20/],
  [T13, { build: 17763 }, {}, 'no', 'build', /has no TLS_AES_128/],
  // A list that a group policy gives does not teach Windows a suite.
  [CHACHA20, { policySuites: [CHACHA20] }, {}, 'no', 'build', /has no/],
  [RC4, { build: 14393, fips: true }, {}, 'no', 'fips', /does not permit RC4_128/],
  [NULL, { fips: true }, {}, 'no', 'fips', /without encryption/],
  [RSA_GCM, { fips: true }, {}, 'yes', 'order', /number/],
  [RSA_CBC, { policySuites: [RSA_GCM, EC_GCM] }, {}, 'no', 'policy list', /lists 2 suites/],
  // A group policy takes the place of the local list as a whole.
  [RSA_CBC, { policySuites: [RSA_GCM], localSuites: [RSA_CBC] }, {}, 'no', 'policy list', /lists 1/],
  [RSA_GCM, { policySuites: [`${RSA_GCM}_P256`], localSuites: [] }, {}, 'yes', 'order', /number 1 of 1/],
  [RSA_CBC, { localSuites: [RSA_GCM] }, {}, 'no', 'local list', /was removed/],
  [RSA_CBC, { suites: [RSA_GCM], localSuites: [RSA_CBC] }, {}, 'no', 'local list', /was removed/],
  [DHE_GCM, { build: 22631 }, {}, 'no', 'local list', /not in the default list of Windows 11 23H2/],
  [DHE_GCM, { build: 17763 }, {}, 'yes', 'order', /number 5 of 23/],
  [TRIPLE_DES, { build: 19045 }, {}, 'no', 'local list', /not in the default list/],
  [CHACHA20_13, { build: 26100 }, {}, 'no', 'local list', /not in the default list/],
  [RSA_GCM, { build: 10586 }, {}, 'unknown', 'local list', /not documented/],
  [T13, off('TLS 1.3'), {}, 'no', 'version', /needs TLS 1\.3\. TLS 1\.3: The registry/],
  [RSA_GCM, off('TLS 1.2'), {}, 'no', 'version', /needs TLS 1\.2/],
  [RSA_CBC, off('TLS 1.2'), {}, 'yes', 'order', /number/],
  [RSA_CBC, off('TLS 1.2', 'TLS 1.1', 'TLS 1.0'), {}, 'no', 'version', /needs one of TLS 1\.2, TLS 1\.1/],
  [EC_GCM, {}, { certificate: { kind: 'RSA', bits: 2048 } }, 'no', 'certificate', /kind EC.*is RSA/],
  [RSA_GCM, {}, { certificate: { kind: 'EC', curve: 'NistP256' } }, 'no', 'certificate', /kind RSA/],
  [EC_GCM, {}, { certificate: { kind: 'EC', curve: 'NistP256' } }, 'yes', 'order', /number 3/],
  [EC_GCM, {}, { certificate: { kind: 'EC', curve: 'NistP521' } }, 'no', 'certificate', /curve NistP521/],
  [T13, {}, { certificate: { kind: 'EC', curve: 'NistP521' } }, 'no', 'certificate', /curve NistP521/],
  [
    EC_GCM,
    { localGroups: ['NistP256', 'nistP521'] },
    ...([{ certificate: { kind: 'EC', curve: 'NistP521' } }, 'yes', 'order', /number 3/] as const),
  ],
  [
    RSA_GCM,
    {},
    ...([
      { role: 'client', certificate: { kind: 'RSA', bits: 768 } },
      'no',
      'certificate',
      /768 bits.*1024/,
    ] as const),
  ],
  [RSA_GCM, {}, { certificate: { kind: 'RSA', bits: 768 } }, 'yes', 'order', /number/],
  [
    RSA_GCM,
    { longestRsa: 4096 },
    ...([
      { role: 'client', certificate: { kind: 'RSA', bits: 8192 } },
      ...(['no', 'certificate', /8192 bits.*takes at most 4096/] as const),
    ] as const),
  ],
  [RSA_GCM, {}, groups(null, ['secp521r1']), 'no', 'groups', /x25519, secp256r1, secp384r1.*secp521r1/],
  [T13, {}, groups(['X25519MLKEM768'], ['x25519']), 'no', 'groups', /X25519MLKEM768/],
  [
    T13,
    { build: 26100, localGroups: ['x25519_mlkem768'] },
    ...([groups(['X25519MLKEM768'], null), 'yes', 'order', /number/] as const),
  ],
  // No list teaches Windows a group either.
  [
    T13,
    { localGroups: ['x25519_mlkem768'] },
    groups(['X25519MLKEM768'], null),
    'no',
    'groups',
    /no group for it/,
  ],
  [
    RSA_GCM,
    { build: 9600, localSuites: [RSA_GCM], localGroups: ['curve25519'] },
    ...([groups(null, ['x25519']), 'no', 'groups', /no group for it/] as const),
  ],
  [RSA_GCM, { localGroups: ['x25519_mlkem768'] }, {}, 'no', 'groups', /no group for it\./],
  [RSA_GCM, { policyGroups: ['curve25519'], fips: true }, {}, 'no', 'groups', /in FIPS mode/],
  [
    RSA_GCM,
    { policyGroups: ['secP256r1', 'brainpoolP256r1'], fips: true },
    {},
    'no',
    'groups',
    /in FIPS mode/,
  ],
  [RSA_CBC, {}, groups([], []), 'yes', 'order', /number/],
  [DHE_GCM, { build: 17763 }, dhe(768), 'no', 'groups', /prime .* 768 bits.*requires 1024/],
  [DHE_GCM, { build: 17763 }, dhe(2048), 'yes', 'order', /number/],
  [DHE_GCM, { build: 17763 }, { ...dhe(768), role: 'server' }, 'yes', 'order', /number/],
  [T13, { signatures: ['RSA/SHA256'] }, { certificate: RSA }, 'no', 'signatures', /RSAE-PSS\/SHA256 or/],
  [T13, { signatures: ['rsae-pss/sha384'] }, { certificate: RSA }, 'yes', 'order', /number/],
  // A list without names, and no list at all, are ones that Windows doesn't give.
  [T13, { signatures: [] }, { certificate: RSA }, 'yes', 'order', /number/],
  [T13, { signatures: ['ECDSA/SHA256'] }, { certificate: P384 }, 'no', 'signatures', /ECDSA\/SHA384/],
  [EC_GCM, { signatures: ['ECDSA/SHA256'] }, { certificate: P384 }, 'yes', 'order', /number/],
  [
    RSA_GCM,
    { signatures: ['ECDSA/SHA256'] },
    { certificate: RSA },
    'no',
    'signatures',
    /list of this Windows/,
  ],
  // RSA key exchange signs nothing, and before TLS 1.2 there is nothing to choose.
  [RSA_CBC, { signatures: ['ECDSA/SHA256'] }, { certificate: RSA }, 'yes', 'order', /number/],
  [
    RSA_GCM,
    {},
    { certificate: RSA, peerSchemes: ['ecdsa_secp256r1_sha256'] },
    'no',
    'signatures',
    /is common/,
  ],
  [RSA_GCM, {}, { certificate: RSA, peerSchemes: ['rsa_pkcs1_sha1'] }, 'yes', 'order', /number/],
  [T13, {}, { certificate: RSA, peerSchemes: ['rsa_pkcs1_sha256'] }, 'no', 'signatures', /is common/],
  [RSA_CBC, {}, { bindingFlags: 0x400 }, 'no', 'binding', /DISABLE_LEGACY_TLS/],
  [RSA_GCM, {}, { bindingFlags: 0x400 }, 'yes', 'order', /number/],
  [T13, {}, { bindingFlags: 0x40 }, 'no', 'binding', /DISABLE_TLS13/],
  [RSA_GCM, {}, { bindingFlags: 0x1000 }, 'no', 'binding', /DISABLE_TLS12/],
  [T13, {}, { options: { maxVersion: 'TLSv1.2' } }, 'no', 'library', /maxVersion/],
  [RSA_CBC, {}, { options: { minVersion: 'TLSv1.2' } }, 'yes', 'order', /number/],
  // What the binding leaves of the versions, the option takes.
  [
    RSA_CBC,
    {},
    ...([
      { bindingFlags: 0x1000, options: { minVersion: 'TLSv1.2' } },
      'no',
      'library',
      /minVersion/,
    ] as const),
  ],
  [NULL, {}, {}, 'no', 'library', /ask for no encryption/],
  [PSK, { localSuites: [PSK] }, {}, 'no', 'library', /pre-shared keys/],
  [RC4, { build: 14393 }, {}, 'yes', 'order', /number/],
  [RC4, { build: 14393 }, { options: {} }, 'no', 'library', /SCH_USE_STRONG_CRYPTO/],
  [TRIPLE_DES, { build: 17763 }, { options: {} }, 'yes', 'order', /number/],
  [TRIPLE_DES, { build: 22000 }, { options: {} }, 'no', 'library', /SCH_USE_STRONG_CRYPTO/],
  // What is missing or contradicts itself leaves the answer open, unless something else says no.
  [T13, { build: 19045, wine: '10.0', server: 0x1400 }, {}, 'unknown', 'local list', /does not list/],
  [RSA_GCM, { build: 19045, wine: '10.0', server: 0x1000 }, {}, 'no', 'version', /needs TLS 1\.2/],
  [RSA_GCM, { wine: '10.0', policySuites: [EC_GCM] }, {}, 'unknown', 'local list', /does not list/],
  [RSA_GCM, { policySuites: [] }, {}, 'unknown', 'policy list', /empty list/],
  [RSA_GCM, { build: 9600, policySuites: [RSA_GCM] }, {}, 'unknown', 'policy list', /whether Windows 8\.1/],
  [RSA_GCM, { build: 9600, policySuites: [RSA_GCM], suites: [RSA_GCM] }, {}, 'yes', 'order', /number/],
  [RSA_CBC, { build: 9600, policySuites: [RSA_GCM] }, {}, 'no', 'policy list', /lists 1/],
  [RC4, { build: 14393, fips: false, fipsEnabled: 1 }, {}, 'unknown', 'fips', /Windows says that it is off/],
  [RSA_GCM, { fips: false, fipsEnabled: 1 }, {}, 'yes', 'order', /number/],
  [
    RSA_GCM,
    { server: 0x400, protocols: { 'TLS 1.2\\Server': [0, 1] } },
    ...([{}, 'unknown', 'version', /needs TLS 1\.2, and that is not known/] as const),
  ],
  [
    RSA_GCM,
    { build: 9600, localSuites: [RSA_GCM] },
    ...([groups(null, ['secp256r1']), 'unknown', 'groups', /not documented/] as const),
  ],
  [
    EC_GCM,
    { build: 9600, localSuites: [EC_GCM] },
    ...([{ certificate: P521 }, 'unknown', 'certificate', /not documented/] as const),
  ],
  [
    RSA_CBC,
    { build: 14393 },
    { bindingFlags: 0x400 },
    'unknown',
    'binding',
    /not documented for Windows 10 1607/,
  ],
  [
    RSA_GCM,
    { build: 17763 },
    { bindingFlags: 0x1000 },
    'unknown',
    'version',
    /needs TLS 1\.2.*DISABLE_TLS12/,
  ],
  [T13, {}, {}, 'yes', 'order', /number 2 of 22\. Before it: TLS_AES_256_GCM_SHA384\./],
  [RSA_GCM, {}, {}, 'yes', 'order', /number 6 of 22\. Before it: .* and 2 more\./],
];

const named = (name: string) => {
  const suite = suiteNamed(name);
  assert.ok(suite, name);
  return suite;
};

describe('apps/decide/decide-suite', () => {
  for (const [suite, windows, rest, answer, rule, text] of ROWS) {
    it(`says ${answer} to ${suite} by ${rule}: ${JSON.stringify({ ...windows, ...rest })}`, async () => {
      const decision = decideSuite(await decideInput(windows, rest), named(suite));
      assert.deepEqual([decision.answer, decision.rule], [answer, rule]);
      assert.match(decision.text, text);
    });
  }

  it('names the key of the list that decides', async () => {
    const policy = decideSuite(await decideInput({ policySuites: [RSA_GCM] }), named(T13));
    assert.match(policy.key ?? '', /^SOFTWARE\\Policies\\/);
    assert.match(policy.remedy ?? '', /SSL Cipher Suite Order/);
    const local = decideSuite(await decideInput({ localSuites: [RSA_GCM] }), named(T13));
    assert.match(local.key ?? '', /Configuration\\Local\\SSL/);
    assert.match(local.remedy ?? '', /Enable-TlsCipherSuite -Name TLS_AES_128_GCM_SHA256$/);
  });

  it('advises to leave weak suites off', async () => {
    const { remedy } = decideSuite(await decideInput({ build: 19045 }), named(TRIPLE_DES));
    assert.match(remedy ?? '', /leave it off/);
  });
});
