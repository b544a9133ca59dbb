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

  for (const [build, count, first, last] of [
    [14393, 32, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [17763, 23, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [19044, 23, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [19045, 20, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [20348, 25, 'TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [22000, 25, 'TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [22621, 22, 'TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [25398, 22, 'TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
    [26100, 22, 'TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_NULL_SHA'],
  ] as const) {
    it(`has the ${count} cipher suites of build ${build}`, () => {
      const suites = defaultSuites(build) ?? [];
      assert.deepEqual([suites.length, new Set(suites).size], [count, count]);
      assert.deepEqual([suites[0], suites.at(-1)], [first, last]);
    });
  }

  it('keeps one order in all releases', () => {
    const longest = [...new Set([...(defaultSuites(20348) ?? []), ...(defaultSuites(14393) ?? [])])];
    assert.equal(longest.length, 34);
    for (const build of [14393, 17763, 19045, 20348, 22621]) {
      const suites = defaultSuites(build) ?? [];
      const order = (names: readonly string[]): string[] => names.filter((name) => suites.includes(name));
      const base = defaultSuites(build >= 20348 ? 20348 : 14393) ?? [];
      assert.deepEqual(order(base), suites);
    }
  });

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
