import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { capabilitiesOf } from '#lib/native/capabilities.js';
import { credentialRequest, requestFor } from '#lib/tls/credential/credential-request.js';
import type { ProtocolRange } from '#lib/tls/secure-context/protocols.js';
import { createSecureContext, type SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { TestAuthority } from '../../../support/certificates.js';
import { oddLeaf } from '../../../support/odd-leaf.js';
import { element, oid } from '../../../support/pfx-builder.js';

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

// dwFlags of schannel.h
const MANUAL = 0x8;
const NO_DEFAULT_CREDS = 0x10;
const NO_SYSTEM_MAPPER = 0x2;
const CACHE_ONLY_ON_CREATE = 0x20000;
const AUX_RECORD = 0x200000;
const STRONG_CRYPTO = 0x400000;

function request(build: number, protocols = DEFAULT, wine: string | null = null, stapling = false) {
  const capabilities = capabilitiesOf({ build, wine });
  const made = credentialRequest({ protocols, sessionLifespan: 5000, stapling }, capabilities);
  // What is left of the versions, whichever way the structure says it.
  return { ...made, allowed: made.structure === 5 ? ~made.protocols >>> 0 : made.protocols };
}

const structureAndVersions = (...asked: Parameters<typeof request>): [number, number] => {
  const { structure, allowed } = request(...asked);
  return [structure, allowed];
};

describe('tls/credential/credential-request', () => {
  it('offers TLS 1.3 from Server 2022 and Windows 11 on', () => {
    for (const build of [WINDOWS['Server 2022'], WINDOWS['11']]) {
      assert.deepEqual(structureAndVersions(build), [5, TLS12 | TLS13]);
    }
  });

  it('uses SCHANNEL_CRED on older builds, which never negotiates the TLS 1.3 of Windows 10', () => {
    for (const build of [WINDOWS['7'], WINDOWS['1607'], WINDOWS['1809'], WINDOWS['22H2']]) {
      assert.deepEqual(structureAndVersions(build), [4, TLS12]);
    }
  });

  it('throws if only TLS 1.3 is allowed and Windows has none', () => {
    const only13: ProtocolRange = { min: 'TLSv1.3', max: 'TLSv1.3' };
    assert.deepEqual(structureAndVersions(WINDOWS['11'], only13), [5, TLS13]);
    for (const build of [WINDOWS['1607'], WINDOWS['22H2']]) {
      assert.throws(
        () => request(build, only13),
        (error) => error instanceof SchannelError && error.code === 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
      );
    }
  });

  it('disables future versions too', () => {
    const { protocols } = request(WINDOWS['11'], { min: 'TLSv1.2', max: 'TLSv1.2' });
    assert.equal(protocols, ~TLS12 >>> 0);
  });

  it('validates manually, sends no certificate of the store, and excludes weak algorithms', () => {
    const { flags, sessionLifespan } = request(WINDOWS['11']);
    assert.equal(flags, MANUAL | NO_DEFAULT_CREDS | STRONG_CRYPTO);
    assert.equal(sessionLifespan, 5000);
  });

  it('asks for a stapled response only if revocation is checked', () => {
    const EXCLUDE_ROOT = 0x400;
    assert.equal(request(WINDOWS['11']).flags & EXCLUDE_ROOT, 0);
    assert.equal(request(WINDOWS['11'], DEFAULT, null, true).flags & EXCLUDE_ROOT, EXCLUDE_ROOT);
  });

  it('excludes weak algorithms for all versions', () => {
    const old = request(WINDOWS['11'], { min: 'TLSv1', max: 'TLSv1.2' });
    assert.equal(old.flags & STRONG_CRYPTO, STRONG_CRYPTO);
    assert.equal(old.protocols, ~(0x80 | 0x200 | TLS12) >>> 0);
    assert.equal(request(WINDOWS['7'], { min: 'TLSv1', max: 'TLSv1' }).flags & STRONG_CRYPTO, STRONG_CRYPTO);
  });

  it('sends records of TLS 1.0 in two parts, but not those of later versions', () => {
    const auxOf = (min: ProtocolRange['min']): number =>
      request(WINDOWS['11'], { min, max: 'TLSv1.2' }).flags & AUX_RECORD;
    assert.equal(auxOf('TLSv1'), AUX_RECORD);
    assert.equal(auxOf('TLSv1.1'), 0);
    assert.equal(auxOf('TLSv1.2'), 0);
  });

  it('keeps no session if none may be resumed', () => {
    const capabilities = capabilitiesOf({ build: WINDOWS['11'], wine: null });
    const settings = { protocols: DEFAULT, sessionLifespan: 5000, stapling: false, resumes: false };
    assert.equal(credentialRequest(settings, capabilities).sessionLifespan, 0xffffffff);
  });

  it('uses for Wine the structure in which it reads versions below TLS 1.3', () => {
    assert.deepEqual(structureAndVersions(19043, { min: 'TLSv1.2', max: 'TLSv1.2' }, '10.0'), [4, TLS12]);
    assert.equal(request(19043, DEFAULT, '10.0').structure, 5);
  });

  describe('of a server', () => {
    const server = (build: number, protocols = DEFAULT, issuers: readonly Uint8Array[] = []) =>
      credentialRequest(
        { role: 'server', protocols, sessionLifespan: 0, stapling: false, issuers },
        capabilitiesOf({ build, wine: null }),
      );

    it('has the bits of servers', () => {
      const modern = server(WINDOWS['11']);
      assert.deepEqual(
        [modern.role, modern.structure, modern.protocols],
        ['server', 5, ~(0x400 | 0x1000) >>> 0],
      );
      const legacy = server(WINDOWS['22H2']);
      assert.deepEqual([legacy.role, legacy.structure, legacy.protocols], ['server', 4, 0x400]);
    });

    it('maps no certificate to an account, excludes weak algorithms, and fetches no issuers', () => {
      const flags = NO_SYSTEM_MAPPER | STRONG_CRYPTO | CACHE_ONLY_ON_CREATE;
      assert.equal(server(WINDOWS['11']).flags, flags);
      assert.equal(server(WINDOWS['11'], { min: 'TLSv1', max: 'TLSv1.2' }).flags, flags | AUX_RECORD);
    });

    it('names its authorities if there are any', () => {
      const issuers = [Buffer.from('der')];
      for (const build of [WINDOWS['11'], WINDOWS['22H2']]) {
        assert.deepEqual(server(build, DEFAULT, issuers).issuers, issuers);
        assert.ok(!('issuers' in server(build)));
      }
    });
  });
});

describe('tls/credential/credential-request: requestFor()', () => {
  let root: TestAuthority;
  before(async () => {
    root = await TestAuthority.create('CN=root');
  });

  it('names its authorities to clients, unless Schannel would cut the list', () => {
    const issuersWith = (names: readonly Buffer[]): number | undefined => {
      const ca = names.map((commonName) => oddLeaf(root.certificate, { commonName }).der);
      const context = createSecureContext({ ca });
      const platform = { build: 22_631, wine: null };
      assert.equal(requestFor(context, { role: 'server', requestCert: false }, platform).issuers, undefined);
      return requestFor(context, { role: 'server', requestCert: true }, platform).issuers?.length;
    };
    const name = (length: number): Buffer => element(0x0c, Buffer.alloc(length, 0x61));
    // 1,000 octets each: tags, lengths and the identifier of the common name take 21.
    const names = Array.from({ length: 15 }, () => name(977));
    assert.equal(issuersWith(names), 15);
    assert.equal(issuersWith([...names, name(977)]), 16);
    assert.equal(issuersWith([...names, name(978)]), undefined);
  });

  it('names only authorities that are trusted for clients', () => {
    const settings = element(0x30, element(0x30, oid('1.3.6.1.5.5.7.3.1')));
    const body = Buffer.concat([root.certificate.der, settings]).toString('base64');
    const ca = `-----BEGIN TRUSTED CERTIFICATE-----\n${body}\n-----END TRUSTED CERTIFICATE-----\n`;
    const platform = { build: 22_631, wine: null };
    assert.equal(
      requestFor(createSecureContext({ ca }), { role: 'server', requestCert: true }, platform).issuers,
      undefined,
    );
  });

  it('asks servers for a stapled response if revocation is checked, or if requestOCSP is set', () => {
    const REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT = 0x400;
    const asks = (context: SecureContext, requestOCSP = false): boolean => {
      const { flags } = requestFor(context, { role: 'client', requestOCSP }, { build: 22_631, wine: null });
      return (flags & REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT) !== 0;
    };
    assert.equal(asks(createSecureContext()), false);
    assert.equal(asks(createSecureContext(), true), true);
    assert.equal(asks(createSecureContext({ revocation: 'soft' })), true);
  });
});
