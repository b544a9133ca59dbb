import assert from 'node:assert/strict';
import { explainServer, type SeenServer } from '#lib/apps/decide/explain-server.js';
import { decideInput, type DecidingWindows } from '../../../support/decide-input.js';

const RSA_GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const EC_GCM = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';
const CHACHA20 = 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256';
const T13 = 'TLS_AES_128_GCM_SHA256';

/** A server with these suites for each version; null is unsure. */
const server = (
  versions: Readonly<Record<string, readonly string[] | null>>,
  { key = 'RSA 2048', groups = ['x25519'] } = {},
): SeenServer => ({
  versions: Object.fromEntries(
    ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map((version) => {
      const suites = versions[version];
      const offered = suites === null ? null : suites !== undefined;
      return [version, { offered, suites: (suites ?? []).map((name) => ({ name })) }];
    }),
  ),
  certificates: [{ key }],
  groups: { 'TLSv1.3': groups, before: groups },
});

async function explained(windows: DecidingWindows, role: 'client' | 'server', seen: SeenServer) {
  const { compared, obstacle } = explainServer((await decideInput(windows)).policy, role, seen);
  const of = (subject: string) => {
    const found = compared.find(({ decision }) => decision.subject === subject);
    assert.ok(found, subject);
    return [found.decision.answer, found.seen, found.meaning] as const;
  };
  return { of, obstacle, count: compared.length };
}

describe('apps/decide/explain-server', () => {
  it('agrees with a server on this machine that uses the settings', async () => {
    const { of, obstacle } = await explained({}, 'server', server({ 'TLSv1.2': [RSA_GCM] }));
    assert.deepEqual(of('TLS 1.2'), ['yes', true, null]);
    assert.deepEqual(of(RSA_GCM), ['yes', true, null]);
    assert.deepEqual(of(EC_GCM), ['no', false, null]);
    assert.equal(obstacle, null);
  });

  it('says what a difference means on this machine', async () => {
    const { of } = await explained({ build: 19045 }, 'server', server({ 'TLSv1.3': [T13] }));
    const [answer, seen, meaning] = of('TLS 1.3');
    assert.deepEqual([answer, seen], ['no', true]);
    assert.match(meaning ?? '', /^Another TLS library .* restart it/);
    assert.match(of('TLS 1.2')[2] ?? '', /^Something in front/);
    assert.match(of(T13)[2] ?? '', /^Another TLS library/);
  });

  it('blames a list without suites of a version, and nothing in between', async () => {
    const { of } = await explained({ policySuites: [RSA_GCM] }, 'server', server({ 'TLSv1.2': [RSA_GCM] }));
    assert.deepEqual(of('TLS 1.3'), ['no', false, null]);
    assert.deepEqual(of('TLS 1.2'), ['yes', true, null]);
  });

  it('concludes nothing from what the probe is unsure of', async () => {
    const { of } = await explained({}, 'server', server({ 'TLSv1.2': null }));
    assert.deepEqual(of('TLS 1.2'), ['yes', null, null]);
    assert.deepEqual(of(RSA_GCM), ['yes', null, null]);
  });

  it('finds nothing in the way of a client that has what the server has', async () => {
    const { of, obstacle } = await explained({}, 'client', server({ 'TLSv1.2': [RSA_GCM, CHACHA20] }));
    assert.equal(obstacle, null);
    assert.deepEqual(of(CHACHA20), ['no', true, 'Only the server has it.']);
    assert.deepEqual(of('TLS 1.3'), ['yes', false, 'Only this machine has it.']);
  });

  for (const [title, windows, seen, text] of [
    [
      'version',
      { build: 19045 },
      server({ 'TLSv1.3': [T13] }),
      /^No version is common\. TLS 1\.3: Windows 10 22H2 has no/,
    ],
    [
      'version that the registry switches off',
      { protocols: { 'TLS 1.2\\Client': [0, 1] } },
      server({ 'TLSv1.2': [RSA_GCM] }),
      /^No version is common\. TLS 1\.2: The registry switches it off/,
    ],
    [
      'suite',
      {},
      server({ 'TLSv1.2': [CHACHA20] }),
      /^No cipher suite is common\. TLS_ECDHE_RSA_WITH_CHACHA20/,
    ],
    [
      'suite of the group policy',
      { policySuites: [EC_GCM] },
      server({ 'TLSv1.2': [RSA_GCM] }),
      /^No cipher suite .* A group policy lists 1 suites/,
    ],
    [
      'group',
      {},
      server({ 'TLSv1.3': [T13] }, { groups: ['secp521r1'] }),
      /^No cipher suite .*TLS_AES_128_GCM_SHA256: No group is common/,
    ],
    [
      'curve of the certificate',
      {},
      server({ 'TLSv1.2': [EC_GCM] }, { key: 'EC secp521r1' }),
      /NistP521, which is not among the groups/,
    ],
  ] as const) {
    it(`names the ${title} that keeps a client away`, async () => {
      assert.match((await explained(windows, 'client', seen)).obstacle ?? '', text);
    });
  }

  it('counts a suite only in a version that both have', async () => {
    const cbc = 'TLS_RSA_WITH_AES_128_CBC_SHA';
    const windows = { protocols: { 'TLS 1.0\\Client': [0, 1], 'TLS 1.1\\Client': [0, 1] } };
    const seen = server({ 'TLSv1.2': [CHACHA20], TLSv1: [cbc] });
    const { obstacle } = await explained(windows, 'client', seen);
    assert.match(obstacle ?? '', /^No cipher suite is common\. TLS_ECDHE_RSA_WITH_CHACHA20/);
    assert.equal((await explained({}, 'client', seen)).obstacle, null);
  });

  it('concludes nothing in Wine, which has other suites than its build', async () => {
    const windows = { build: 19045, wine: '10.0', client: 0x2800 };
    const seen = server({ 'TLSv1.3': [T13], 'TLSv1.2': [CHACHA20] });
    const { of, obstacle } = await explained(windows, 'client', seen);
    assert.deepEqual([of(T13)[0], of(CHACHA20)[0], obstacle], ['unknown', 'unknown', null]);
  });

  it('takes the options of this library into account', async () => {
    const { policy } = await decideInput();
    const seen = server({ 'TLSv1.1': ['TLS_RSA_WITH_AES_128_CBC_SHA'] });
    assert.equal(explainServer(policy, 'client', seen).lacking, null);
    const { lacking } = explainServer(policy, 'client', seen, {});
    assert.deepEqual([lacking?.kind, lacking?.decision?.rule], ['version', 'library']);
  });

  it('takes no length of a key that is no number', async () => {
    const { of } = await explained({}, 'client', server({ 'TLSv1.2': [RSA_GCM] }, { key: 'RSA unknown' }));
    assert.equal(of(RSA_GCM)[0], 'yes');
  });

  it('does not blame one certificate of several kinds', async () => {
    const both = {
      ...server({ 'TLSv1.2': [RSA_GCM, EC_GCM] }),
      certificates: [{ key: 'RSA 2048' }, { key: 'EC prime256v1' }],
    };
    const { of } = await explained({}, 'server', both);
    assert.deepEqual([of(RSA_GCM)[0], of(EC_GCM)[0]], ['yes', 'yes']);
  });
});
