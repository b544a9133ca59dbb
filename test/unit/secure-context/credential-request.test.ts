import assert from 'node:assert/strict';
import { SchannelError } from '#lib/errors/schannel-error.js';
import { capabilitiesOf } from '#lib/native/capabilities.js';
import { credentialRequests } from '#lib/secure-context/credential-request.js';
import type { ProtocolRange } from '#lib/secure-context/protocols.js';

const WINDOWS = {
  '7': 7601,
  '1607': 14393,
  '1809': 17763,
  '22H2': 19045,
  'Server 2022': 20348,
  '11': 22000,
} as const;
const DEFAULT: ProtocolRange = { min: 'TLSv1.2', max: 'TLSv1.3' };
const TLS12 = 0x800;
const TLS13 = 0x2000;

function requests(build: number, protocols = DEFAULT, wine: string | null = null, stapling = false) {
  const capabilities = capabilitiesOf({ build, wine });
  return credentialRequests({ protocols, sessionLifespan: 5000, stapling }, capabilities).map((request) => ({
    ...request,
    // What is left of the versions, whichever way the structure says it.
    allowed: request.structure === 5 ? ~request.protocols >>> 0 : request.protocols,
  }));
}

describe('credentialRequests()', () => {
  it('offers TLS 1.3 from Server 2022 and Windows 11 on', () => {
    for (const build of [WINDOWS['Server 2022'], WINDOWS['11']]) {
      assert.deepEqual(
        requests(build).map(({ structure, allowed }) => [structure, allowed]),
        [
          [5, TLS12 | TLS13],
          [4, TLS12],
        ],
      );
    }
  });

  it('keeps the experimental TLS 1.3 of Windows 10 off', () => {
    for (const build of [WINDOWS['1809'], WINDOWS['22H2']]) {
      assert.deepEqual(
        requests(build).map(({ structure, allowed }) => [structure, allowed]),
        [
          [5, TLS12],
          [4, TLS12],
        ],
      );
    }
  });

  it('uses SCHANNEL_CRED alone before Windows 10 1809', () => {
    for (const build of [WINDOWS['7'], WINDOWS['1607']]) {
      assert.deepEqual(
        requests(build).map(({ structure, allowed }) => [structure, allowed]),
        [[4, TLS12]],
      );
    }
  });

  it('never falls back to a structure that has no TLS 1.3 when nothing else will do', () => {
    const only13: ProtocolRange = { min: 'TLSv1.3', max: 'TLSv1.3' };
    assert.deepEqual(
      requests(WINDOWS['11'], only13).map(({ structure, allowed }) => [structure, allowed]),
      [[5, TLS13]],
    );
    for (const build of [WINDOWS['1607'], WINDOWS['22H2']]) {
      assert.throws(
        () => requests(build, only13),
        (error) => error instanceof SchannelError && error.code === 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
      );
    }
  });

  it('denies versions to come as well as those left out', () => {
    const [modern] = requests(WINDOWS['11'], { min: 'TLSv1.2', max: 'TLSv1.2' });
    assert.equal(modern?.protocols, ~TLS12 >>> 0);
  });

  it('validates by hand, sends no certificate of the store, and keeps weak algorithms off', () => {
    const [modern] = requests(WINDOWS['11']);
    const [MANUAL, NO_DEFAULT_CREDS, STRONG_CRYPTO] = [0x8, 0x10, 0x400000];
    assert.equal(modern?.flags, MANUAL | NO_DEFAULT_CREDS | STRONG_CRYPTO);
    assert.equal(modern.sessionLifespan, 5000);
  });

  it('asks for a stapled answer only when revocation is looked at', () => {
    const EXCLUDE_ROOT = 0x400;
    assert.equal((requests(WINDOWS['11'])[0]?.flags ?? 0) & EXCLUDE_ROOT, 0);
    assert.equal((requests(WINDOWS['11'], DEFAULT, null, true)[0]?.flags ?? 0) & EXCLUDE_ROOT, EXCLUDE_ROOT);
  });

  it('leaves TLS 1.0 and 1.1 usable where they were asked for by name', () => {
    const [modern] = requests(WINDOWS['11'], { min: 'TLSv1', max: 'TLSv1.2' });
    assert.equal((modern?.flags ?? 0) & 0x400000, 0);
    assert.equal(modern?.protocols, ~(0x80 | 0x200 | TLS12) >>> 0);
  });

  it('says versions below TLS 1.3 to Wine by the structure that it reads', () => {
    assert.deepEqual(
      requests(19043, { min: 'TLSv1.2', max: 'TLSv1.2' }, '10.0').map(({ structure, allowed }) => [
        structure,
        allowed,
      ]),
      [[4, TLS12]],
    );
    assert.equal(requests(19043, DEFAULT, '10.0')[0]?.structure, 5);
  });

  describe('of a server', () => {
    const server = (protocols = DEFAULT, issuers: readonly Uint8Array[] = []) =>
      credentialRequests(
        { role: 'server', protocols, sessionLifespan: 0, stapling: false, issuers },
        capabilitiesOf({ build: WINDOWS['11'], wine: null }),
      );

    it('has the bits of servers', () => {
      const [modern, legacy] = server();
      assert.deepEqual(
        [modern?.role, modern?.structure, modern?.protocols],
        ['server', 5, ~(0x400 | 0x1000) >>> 0],
      );
      assert.deepEqual([legacy?.role, legacy?.structure, legacy?.protocols], ['server', 4, 0x400]);
    });

    it('maps no certificate to an account, and keeps weak algorithms off', () => {
      const [NO_SYSTEM_MAPPER, STRONG_CRYPTO] = [0x2, 0x400000];
      assert.equal(server()[0]?.flags, NO_SYSTEM_MAPPER | STRONG_CRYPTO);
      assert.equal(server({ min: 'TLSv1', max: 'TLSv1.2' })[0]?.flags, NO_SYSTEM_MAPPER);
    });

    it('names its authorities where there are any', () => {
      const issuers = [Buffer.from('der')];
      assert.deepEqual(
        server(DEFAULT, issuers).map((request) => request.issuers),
        [issuers, issuers],
      );
      assert.ok(server().every((request) => !('issuers' in request)));
    });
  });
});
