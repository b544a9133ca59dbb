import assert from 'node:assert/strict';
import type { NativeVerifyOutcome } from '#lib/native/binding.js';
import { isAccepted } from '#lib/tls/identity/candidates.js';
import { parseIdentity } from '#lib/tls/secure-context/certificate-option.js';
import { askSelector, issuerNamesOf, type CertificateRequest } from '#lib/tls/identity/selector.js';
import { outlineOf } from '#lib/formats/x509/outline.js';
import { TestAuthority } from '../../../support/certificates.js';
import { element } from '../../../support/pfx-builder.js';

const THUMBPRINT = 'A'.repeat(40);
const location = { container: 'key', provider: 'provider', providerType: 0, flags: 0, keySpec: 0 };

describe('tls/identity/selector: the option certificate', () => {
  const identityOf = (certificate: unknown): unknown =>
    parseIdentity({ certificate: certificate as string }).identity;

  it('takes a certificate of Windows, and keeps its bytes and the location of its key', () => {
    const certificate = { raw: Buffer.from('der'), keyLocation: location };
    const identity = identityOf(certificate);
    certificate.raw.fill(0);
    assert.deepEqual(identity, {
      kind: 'certificate',
      certificate: { stored: { certificate: Uint8Array.from(Buffer.from('der')), location } },
    });
  });

  it('takes a name, checks it now and looks it up later', () => {
    assert.deepEqual(identityOf(`CurrentUser\\MY\\${THUMBPRINT}`), {
      kind: 'certificate',
      certificate: { name: `CurrentUser\\MY\\${THUMBPRINT}` },
    });
    assert.throws(() => identityOf('CurrentUser\\MY'), { code: 'ERR_SCHANNEL_STORE_NAME' });
  });

  it('takes a search, and checks its criteria now', () => {
    const storeOf = (search: object): unknown =>
      (identityOf(search) as { kind: 'search'; search: { store: string } }).search.store;
    assert.equal(storeOf({ dns: 'mail.example.com' }), 'CurrentUser\\MY');
    assert.equal(
      storeOf({ dns: 'mail.example.com', store: 'LocalMachine\\WebHosting' }),
      'LocalMachine\\WebHosting',
    );
    for (const wrong of [{ dsn: 'mail.example.com' }, { dns: '' }, { dns: 'a.example', validAt: true }]) {
      assert.throws(() => identityOf(wrong), { code: 'ERR_INVALID_ARG_VALUE' });
    }
    assert.throws(() => identityOf({ store: 'Mars\\MY' }), { code: 'ERR_SCHANNEL_STORE_NAME' });
  });

  it('refuses values that are no certificate', () => {
    assert.deepEqual(identityOf(null), { kind: 'none', lacks: null });
    assert.deepEqual(identityOf(undefined), { kind: 'none', lacks: null });
    for (const wrong of [5, {}, { raw: 'text', keyLocation: location }, true]) {
      assert.throws(() => identityOf(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    const without = { raw: Buffer.from('der'), keyLocation: null };
    assert.throws(() => identityOf(without), { code: 'ERR_SCHANNEL_KEY_MISSING' });
  });
});

describe('tls/identity/selector: askSelector()', () => {
  const ask = (
    choose: (request: CertificateRequest) => unknown,
    issuers: readonly Uint8Array[] | null = null,
  ) => askSelector((request) => choose(request) as null, { issuers, servername: 'host.example' });

  it('passes on what the server sent', async () => {
    const { certificate } = await TestAuthority.create('CN=authority, O=Example');
    const { subject } = outlineOf(certificate.der);
    const requests: CertificateRequest[] = [];
    await ask((request) => void requests.push(request), [subject]);
    await ask((request) => void requests.push(request), []);
    await ask((request) => void requests.push(request), null);
    assert.deepEqual(
      requests.map(({ issuers, issuerNames, servername }) => [issuers, issuerNames, servername]),
      [
        [[Buffer.from(subject)], issuerNamesOf([subject]), 'host.example'],
        [[], [], 'host.example'],
        [null, null, 'host.example'],
      ],
    );
    assert.match(issuerNamesOf([subject])[0] ?? '', /CN=authority/);
    assert.deepEqual(issuerNamesOf([Buffer.from('ff', 'hex')]), ['#ff']);
  });

  it('makes text of the names once, and only if it is read', async () => {
    const { certificate } = await TestAuthority.create('CN=authority');
    await ask(
      (request) => {
        assert.equal(typeof Object.getOwnPropertyDescriptor(request, 'issuerNames')?.get, 'function');
        const names = request.issuerNames;
        assert.deepEqual(names, ['CN=authority']);
        assert.equal(request.issuerNames, names);
      },
      [outlineOf(certificate.der).subject],
    );
  });

  it('shows no identifier that takes quadratic time to read', () => {
    const name = (octets: number): Buffer => {
      const identifier = Buffer.concat([Buffer.alloc(octets - 1, 0xff), Buffer.of(1)]);
      const attribute = element(0x30, element(0x06, identifier), element(0x0c, Buffer.from('a')));
      return element(0x30, element(0x31, attribute));
    };
    assert.match(issuerNamesOf([name(586)])[0] ?? '', /^OID\.2\.\d{1200,}=a$/);
    for (const octets of [587, 120_000, 8_000_000])
      assert.deepEqual(issuerNamesOf([name(octets)]), [`OID.(${octets} bytes)=a`]);
  });

  it('takes a certificate, a name, or nothing, at once or later', async () => {
    assert.deepEqual(await ask(() => THUMBPRINT), { name: THUMBPRINT });
    assert.deepEqual(await ask(() => Promise.resolve(THUMBPRINT)), { name: THUMBPRINT });
    assert.equal(await ask(() => null), null);
    assert.equal(await ask(() => undefined), null);
    const stored = { certificate: Uint8Array.of(1), location };
    assert.deepEqual(await ask(() => ({ raw: Buffer.of(1), keyLocation: location })), { stored });
  });

  it('fails with what the function throws, and if the choice is no certificate', async () => {
    const reason = new Error('none of these');
    await assert.rejects(
      ask(() => {
        throw reason;
      }),
      reason,
    );
    await assert.rejects(
      ask(() => 5),
      { code: 'ERR_INVALID_ARG_TYPE' },
    );
  });
});

describe('tls/identity/selector: isAccepted()', () => {
  it('looks for the names in the certificate, then in its chain', async () => {
    const root = await TestAuthority.create('CN=root');
    const intermediate = await root.authority('CN=intermediate');
    const { der } = await intermediate.issue();
    let built = 0;
    const addon = {
      verifyChain: (_request: unknown, callback: (outcome: NativeVerifyOutcome) => void): void => {
        built += 1;
        const elements = [der, intermediate.certificate.der].map((certificate) => ({
          certificate,
          errorStatus: 0,
          infoStatus: 0,
          revocation: null,
        }));
        const policy = { error: 0, chainIndex: -1, elementIndex: -1 };
        callback({ status: 0, syscall: '', errorStatus: 0, infoStatus: 0, policy, elements });
      },
    };
    const nameOf = (authority: TestAuthority): Uint8Array => outlineOf(authority.certificate.der).subject;
    const stranger = await TestAuthority.create('CN=stranger');
    assert.equal(await isAccepted(der, null, addon), true);
    assert.equal(await isAccepted(der, [], addon), true);
    assert.equal(await isAccepted(der, [nameOf(stranger), nameOf(intermediate)], addon), true);
    assert.equal(built, 0, 'no chain was needed');
    assert.equal(await isAccepted(der, [nameOf(root)], addon), true);
    assert.equal(await isAccepted(der, [nameOf(stranger)], addon), false);
  });

  it('fails if Windows cannot build a chain, and does not take that for a chain without issuers', async () => {
    const { certificate } = await TestAuthority.create('CN=single');
    const policy = { error: 0, chainIndex: -1, elementIndex: -1 };
    const addon = {
      verifyChain: (_request: unknown, callback: (outcome: NativeVerifyOutcome) => void): void =>
        callback({
          status: 0x80070057,
          syscall: 'CertGetCertificateChain',
          errorStatus: 0,
          infoStatus: 0,
          policy,
          elements: [],
        }),
    };
    await assert.rejects(isAccepted(certificate.der, [Buffer.of(0x30, 0)], addon), {
      code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
      syscall: 'CertGetCertificateChain',
    });
  });
});
