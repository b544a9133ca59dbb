import assert from 'node:assert/strict';
import type { DecidedVersion, DecideInput, Rule } from '#lib/apps/decide/decision.js';
import { decideVersion } from '#lib/apps/decide/decide-version.js';
import { decideInput, type DecidingWindows } from '../../../support/decide-input.js';

type Row = readonly [
  version: DecidedVersion,
  windows: DecidingWindows,
  rest: Partial<Omit<DecideInput, 'policy'>>,
  answer: 'yes' | 'no' | 'unknown',
  rule: Rule,
  text: RegExp,
];

const GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const T13 = 'TLS_AES_128_GCM_SHA256';
/** In TLS 1.2, Windows has no such suite, whatever lists it. */
const CHACHA20 = 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256';
const OFF = { 'TLS 1.2\\Server': [0, 1] };

const ROWS: readonly Row[] = [
  ['TLS 1.3', { build: 19045 }, {}, 'no', 'build', /^Windows 10 22H2 has no TLS 1\.3\.$/],
  ['TLS 1.3', { build: 17763, protocols: { 'TLS 1.3\\Server': [1, 0] } }, {}, 'no', 'build', /has no TLS/],
  ['TLS 1.3', { build: 20348 }, {}, 'yes', 'order', /^By the documentation, .* default/],
  ['TLS 1.3', { build: 26100, server: 0x1400 }, {}, 'yes', 'order', /^Schannel has it: .* default/],
  ['SSL 2.0', { build: 22631 }, {}, 'no', 'build', /has no SSL 2\.0/],
  ['SSL 2.0', { build: 9600 }, {}, 'no', 'protocols', /off in Windows until/],
  ['SSL 3.0', { build: 22631 }, {}, 'no', 'protocols', /off in Windows until/],
  ['TLS 1.2', { build: 7601 }, {}, 'no', 'protocols', /off in Windows until/],
  ['TLS 1.2', { build: 6002 }, {}, 'unknown', 'protocols', /does not say/],
  ['TLS 1.2', { protocols: OFF }, {}, 'no', 'protocols', /registry switches it off/],
  ['TLS 1.2', { protocols: OFF }, { role: 'client' }, 'yes', 'order', /default/],
  ['TLS 1.2', { protocols: { 'TLS 1.2\\Server': [1, 1] } }, {}, 'no', 'protocols', /old SCHANNEL_CRED/],
  ['TLS 1.2', { protocols: { 'TLS 1.2\\Server': [1, 0] } }, {}, 'yes', 'order', /registry switches it on/],
  // Schannel's answer counts more than tables, in both directions.
  ['TLS 1.1', { build: 26100, server: 0x1400 }, {}, 'no', 'protocols', /nothing in the registry says so/],
  ['TLS 1.1', { build: 26100 }, {}, 'yes', 'order', /^By the documentation/],
  [
    'SSL 3.0',
    { build: 22631, server: 0x10 },
    {},
    'yes',
    'order',
    /^Schannel has it: nothing in the registry/,
  ],
  [
    'TLS 1.1',
    { server: 0x1400, protocols: { 'TLS 1.1\\Server': [1, 0] } },
    ...([{}, 'no', 'protocols', /although the registry permits it/] as const),
  ],
  // What contradicts itself, and what nobody documents.
  [
    'TLS 1.2',
    { protocols: OFF, server: 0x1400 },
    {},
    'unknown',
    'protocols',
    /has it, although the registry/,
  ],
  [
    'TLS 1.2',
    { build: 7601, protocols: { 'TLS 1.2\\Server': [1, undefined] } },
    ...([{}, 'unknown', 'protocols', /Enabled without DisabledByDefault/] as const),
  ],
  [
    'TLS 1.2',
    { build: 7601, server: 0x40, protocols: { 'TLS 1.2\\Server': [1, undefined] } },
    ...([{}, 'no', 'protocols', /Enabled without DisabledByDefault/] as const),
  ],
  [
    'TLS 1.2',
    { build: 19045, protocols: { 'TLS 1.2\\Server': [1, undefined] } },
    {},
    'yes',
    'order',
    /^By the documentation/,
  ],
  ['SSL 3.0', { build: 9600, fips: true }, {}, 'no', 'fips', /only TLS/],
  ['SSL 3.0', { build: 9600, fips: false, fipsEnabled: 1 }, {}, 'unknown', 'fips', /says that it is off/],
  ['TLS 1.2', { fips: true }, {}, 'yes', 'order', /default/],
  // A version that is on needs a suite in the list.
  ['TLS 1.3', { policySuites: [GCM] }, {}, 'no', 'policy list', /lists 1 suites, none of them for TLS 1\.3/],
  ['TLS 1.3', { policySuites: [GCM], server: 0x1400 }, {}, 'no', 'policy list', /none of them for/],
  ['TLS 1.3', { policySuites: [GCM, 'NONSENSE', T13] }, {}, 'yes', 'order', /default/],
  ['TLS 1.2', { policySuites: [CHACHA20, T13] }, {}, 'no', 'policy list', /none of them for TLS 1\.2/],
  ['TLS 1.1', { localSuites: [GCM] }, {}, 'no', 'local list', /list of this machine has 1 suites/],
  ['TLS 1.1', { localSuites: [GCM, 'TLS_RSA_WITH_AES_128_CBC_SHA'] }, {}, 'yes', 'order', /default/],
  ['TLS 1.3', { policySuites: [] }, {}, 'unknown', 'policy list', /empty list/],
  ['SSL 2.0', { build: 7601, localSuites: [GCM] }, {}, 'yes', 'order', /default/],
  ['TLS 1.2', { build: 17763 }, { bindingFlags: 0x1000 }, 'unknown', 'binding', /not documented/],
  ['TLS 1.1', { build: 14393 }, { bindingFlags: 0x400 }, 'unknown', 'binding', /not documented/],
  ['TLS 1.1', { build: 17763 }, { bindingFlags: 0x400 }, 'no', 'binding', /DISABLE_LEGACY_TLS/],
  // Wine says the build of a Windows 10, and has what GnuTLS has.
  ['TLS 1.3', { build: 19045, wine: '10.0', server: 0x1400 }, {}, 'yes', 'order', /^Schannel has it/],
  ['TLS 1.3', { build: 19045, wine: '10.0' }, {}, 'unknown', 'protocols', /does not say/],
  ['TLS 1.3', { build: 19045, wine: '10.0', server: 0x400 }, {}, 'unknown', 'protocols', /does not say/],
  ['TLS 1.3', {}, { bindingFlags: 0x40 }, 'no', 'binding', /DISABLE_TLS13/],
  ['TLS 1.2', {}, { bindingFlags: 0x1000 }, 'no', 'binding', /DISABLE_TLS12/],
  ['TLS 1.1', {}, { bindingFlags: 0x400 }, 'no', 'binding', /DISABLE_LEGACY_TLS/],
  ['TLS 1.2', {}, { bindingFlags: 0x440 }, 'yes', 'order', /default/],
  ['TLS 1.3', {}, { bindingFlags: 0x40, role: 'client' }, 'yes', 'order', /default/],
  ['TLS 1.1', {}, { options: {} }, 'no', 'library', /default of minVersion is TLSv1\.2/],
  ['TLS 1.1', {}, { options: { minVersion: 'TLSv1' } }, 'yes', 'order', /default/],
  ['TLS 1.1', {}, { options: { minVersion: 'TLSv1.2' } }, 'no', 'library', /minVersion is TLSv1\.2/],
  ['TLS 1.3', {}, { options: { maxVersion: 'TLSv1.2' } }, 'no', 'library', /maxVersion is TLSv1\.2/],
  ['TLS 1.2', {}, { options: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } }, 'yes', 'order', /default/],
  // The first rule counts: what Windows lacks, no option can give.
  ['TLS 1.3', { build: 19045 }, { options: { maxVersion: 'TLSv1.2' } }, 'no', 'build', /has no/],
];

describe('apps/decide/decide-version', () => {
  for (const [version, windows, rest, answer, rule, text] of ROWS) {
    it(`says ${answer} to ${version} by ${rule}: ${JSON.stringify({ ...windows, ...rest })}`, async () => {
      const decision = decideVersion(await decideInput(windows, rest), version);
      assert.deepEqual([decision.answer, decision.rule], [answer, rule]);
      assert.match(decision.text, text);
      assert.equal(decision.subject, version);
    });
  }

  it('names the key, its values, when it was written, and the command that changes it', async () => {
    const decision = decideVersion(await decideInput({ protocols: OFF }), 'TLS 1.2');
    assert.match(decision.key ?? '', /SCHANNEL\\Protocols\\TLS 1\.2\\Server$/);
    assert.equal(decision.value, 'Enabled=0 DisabledByDefault=1');
    assert.equal(decision.written?.toISOString(), '2026-01-02T03:04:05.000Z');
    assert.match(decision.remedy ?? '', /policy set protocol "TLS 1\.2" server on .*gpresult/);
  });

  it('advises against obsolete versions, and against TLS 1.3 where it is experimental', async () => {
    const ssl = decideVersion(await decideInput(), 'SSL 3.0');
    assert.match(ssl.remedy ?? '', /leave it off/);
    const tls13 = decideVersion(await decideInput({ build: 19045 }), 'TLS 1.3');
    assert.match(tls13.remedy ?? '', /Do not switch it on in the registry/);
  });
});
