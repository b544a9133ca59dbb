import assert from 'node:assert/strict';
import type { DecideInput, Rule } from '#lib/apps/decide/decision.js';
import { decideSuite, suiteNamed } from '#lib/apps/decide/decide-suite.js';
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
  [RSA_GCM, {}, groups(null, ['secp521r1']), 'no', 'groups', /x25519, secp256r1, secp384r1.*secp521r1/],
  [T13, {}, groups(['X25519MLKEM768'], ['x25519']), 'no', 'groups', /X25519MLKEM768/],
  [T13, { localGroups: ['x25519_mlkem768'] }, groups(['X25519MLKEM768'], null), 'yes', 'order', /number/],
  [RSA_GCM, { localGroups: ['x25519_mlkem768'] }, {}, 'no', 'groups', /no group for it\./],
  [RSA_GCM, { policyGroups: ['curve25519'], fips: true }, {}, 'no', 'groups', /in FIPS mode/],
  [RSA_CBC, {}, groups([], []), 'yes', 'order', /number/],
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

  it('knows suites with and without the curve of older names', () => {
    assert.equal(suiteNamed(`${RSA_GCM}_P256`), suiteNamed(RSA_GCM));
    assert.equal(suiteNamed('TLS_NO_SUCH'), null);
  });
});
