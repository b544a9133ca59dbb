import assert from 'node:assert/strict';
import { POLICY_VERSIONS, ROLES } from '#lib/windows/policy/protocol-versions.js';
import {
  defaultSuites,
  documentedDefault,
  knownSuites,
  releaseOf,
  withoutCurve,
} from '#lib/windows/policy/windows-defaults.js';

describe('windows/policy/windows-defaults', () => {
  // SSL 2.0 client and server, SSL 3.0, TLS 1.0 to 1.3, DTLS 1.0 and 1.2: + on, - off, . not there
  for (const [build, states] of [
    [7601, '-+++--...'],
    [9600, '--++++...'],
    [10586, '--++++...'],
    [14393, '..-+++..+'],
    [19045, '..-+++..+'],
    [20348, '..-++++.+'],
    [22631, '..-++++.+'],
    [26100, '..-++++.+'],
  ] as const) {
    it(`has the versions of build ${build}`, () => {
      const found = POLICY_VERSIONS.flatMap((version) =>
        (version === 'SSL 2.0' ? ROLES : (['client'] as const)).map((role) => {
          const state = documentedDefault(build, version, role);
          return state === null ? '.' : state ? '+' : '-';
        }),
      );
      assert.equal(found.join(''), states);
    });
  }

  // "TLS Cipher Suites in Windows …": every list is in this order.
  const ALL = [
    ['T13', 'TLS_AES_256_GCM_SHA384'],
    ['T13', 'TLS_AES_128_GCM_SHA256'],
    ['ECDHE_GCM', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    ['ECDHE_GCM', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    ['ECDHE_GCM', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
    ['ECDHE_GCM', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ['DHE_GCM', 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384'],
    ['DHE_GCM', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'],
    ['ECDHE_CBC', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384'],
    ['ECDHE_CBC', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
    ['ECDHE_CBC', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'],
    ['ECDHE_CBC', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'],
    ['ECDHE_CBC', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'],
    ['ECDHE_CBC', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    ['ECDHE_CBC', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA'],
    ['ECDHE_CBC', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
    ['DHE_CBC', 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA'],
    ['DHE_CBC', 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'],
    ['RSA', 'TLS_RSA_WITH_AES_256_GCM_SHA384'],
    ['RSA', 'TLS_RSA_WITH_AES_128_GCM_SHA256'],
    ['RSA', 'TLS_RSA_WITH_AES_256_CBC_SHA256'],
    ['RSA', 'TLS_RSA_WITH_AES_128_CBC_SHA256'],
    ['RSA', 'TLS_RSA_WITH_AES_256_CBC_SHA'],
    ['RSA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    ['3DES', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'],
    ['DSS', 'TLS_DHE_DSS_WITH_AES_256_CBC_SHA256'],
    ['DSS', 'TLS_DHE_DSS_WITH_AES_128_CBC_SHA256'],
    ['DSS', 'TLS_DHE_DSS_WITH_AES_256_CBC_SHA'],
    ['DSS', 'TLS_DHE_DSS_WITH_AES_128_CBC_SHA'],
    ['DSS', 'TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA'],
    ['RC4', 'TLS_RSA_WITH_RC4_128_SHA'],
    ['RC4', 'TLS_RSA_WITH_RC4_128_MD5'],
    ['NULL', 'TLS_RSA_WITH_NULL_SHA256'],
    ['NULL', 'TLS_RSA_WITH_NULL_SHA'],
  ] as const;

  for (const [builds, count, parts] of [
    [[14393], 32, 'ECDHE_GCM DHE_GCM ECDHE_CBC DHE_CBC RSA 3DES DSS RC4 NULL'],
    [[17763, 18362, 19041, 19044], 23, 'ECDHE_GCM DHE_GCM ECDHE_CBC RSA 3DES NULL'],
    [[19045], 20, 'ECDHE_GCM ECDHE_CBC RSA NULL'],
    [[20348, 22000], 25, 'T13 ECDHE_GCM DHE_GCM ECDHE_CBC RSA 3DES NULL'],
    [[22621, 22631, 25398, 26100, 26200], 22, 'T13 ECDHE_GCM ECDHE_CBC RSA NULL'],
  ] as const) {
    for (const build of builds) {
      it(`has the ${count} cipher suites of build ${build} in their order`, () => {
        const expected = ALL.filter(([part]) => parts.split(' ').includes(part)).map(([, name]) => name);
        assert.equal(expected.length, count);
        assert.deepEqual(defaultSuites(build), expected);
      });
    }
  }

  it('leaves open what is not documented', () => {
    assert.equal(defaultSuites(16299), null);
    assert.equal(defaultSuites(9600), null);
  });

  it('knows TLS 1.3 suites only where TLS 1.3 is', () => {
    assert.ok(!knownSuites(19045).has('TLS_AES_128_GCM_SHA256'));
    assert.ok(knownSuites(20348).has('TLS_CHACHA20_POLY1305_SHA256'));
    assert.ok(knownSuites(22631).has('TLS_DHE_RSA_WITH_AES_256_GCM_SHA384'));
  });

  it('names releases', () => {
    assert.equal(releaseOf(19043), 'Windows 10 1903 to 21H1');
    assert.equal(releaseOf(20348), 'Windows Server 2022');
    assert.equal(releaseOf(26200), 'Windows 11 25H2');
    assert.equal(releaseOf(28000), 'Windows 11 26H1');
    assert.equal(releaseOf(10586), 'Windows 10 1511');
    assert.equal(releaseOf(16299), 'Windows 10 1709');
    assert.equal(releaseOf(15063), 'Windows 10 1703');
    assert.equal(releaseOf(17134), 'Windows 10 1803');
    assert.equal(releaseOf(6000), 'Windows build 6000');
  });

  it('takes names of older releases', () => {
    assert.equal(
      withoutCurve('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256'),
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
    );
    assert.equal(withoutCurve('TLS_AES_128_GCM_SHA256'), 'TLS_AES_128_GCM_SHA256');
  });
});
