import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { anchorsFor, parseCaList } from '#lib/windows/trust/ca-list.js';
import { type TestAuthority, pemOfCrl, sharedRoot } from '../../../support/certificates.js';
import { buildList } from '../../../support/crl-builder.js';
import { derOf } from '../../../support/key-material.js';
import { buildPfx, element, oid } from '../../../support/pfx-builder.js';

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

/** SignedData of no signer. */
function p7b(certificates: readonly Uint8Array[]): Buffer {
  const signed = element(
    0x30,
    element(2, Buffer.of(1)),
    element(0x31),
    element(0x30, oid('1.2.840.113549.1.7.1')),
    element(0xa0, ...certificates),
    element(0x31),
  );
  return element(0x30, oid('1.2.840.113549.1.7.2'), element(0xa0, signed));
}

/** Whether both sides of node:tls trust certificates by this authority, where they are given it so. */
async function opensslTrusts(
  authority: TestAuthority,
  ca: string,
): Promise<Record<'server' | 'client', boolean>> {
  const certificate = await authority.issue({ usages: ['serverAuth', 'clientAuth'] });
  const [near, far] = duplexPair();
  const { cert, key } = certificate;
  const server = new tls.TLSSocket(far, {
    isServer: true,
    secureContext: tls.createSecureContext({ cert, key, ca }),
    requestCert: true,
    rejectUnauthorized: false,
  });
  const client = tls.connect({
    socket: near,
    servername: 'localhost',
    secureContext: tls.createSecureContext({ cert, key, ca }),
    rejectUnauthorized: false,
  });
  try {
    await Promise.all([
      new Promise((resolve) => client.once('secureConnect', resolve)),
      new Promise((resolve) => server.once('secure', resolve)),
    ]);
    // Of a server only the handle shows it.
    const handle = (server as unknown as { _handle: { verifyError: () => Error | null } })._handle;
    return { server: client.authorized, client: !handle.verifyError() };
  } finally {
    client.destroy();
    server.destroy();
  }
}

describe('windows/trust/ca-list', () => {
  let one: TestAuthority;
  let two: TestAuthority;
  before(async () => {
    one = await sharedRoot('CN=one');
    two = await sharedRoot('CN=two');
  });
  const ders = (...authorities: TestAuthority[]): Buffer[] =>
    authorities.map((authority) => Buffer.from(authority.certificate.der));
  const parse = (...args: Parameters<typeof parseCaList>): Buffer[] =>
    parseCaList(...args).map(({ der }) => Buffer.from(der));

  it('reads PEM as text or bytes, single or in a list', () => {
    const { cert } = one.certificate;
    assert.deepEqual(parse(cert), ders(one));
    assert.deepEqual(parse(Buffer.from(cert)), ders(one));
    assert.deepEqual(parse(new Uint8Array(Buffer.from(cert))), ders(one));
    assert.deepEqual(parse([cert, Buffer.from(two.certificate.cert)]), ders(one, two));
  });

  it('reads several certificates in one text, with anything between them', () => {
    const bundle = `# a bundle\r\n${one.certificate.cert.replaceAll('\n', '\r\n')}\nsubject=/CN=two\n${two.certificate.cert}the end`;
    assert.deepEqual(parse(bundle), ders(one, two));
  });

  it('ignores other PEM blocks', () => {
    assert.deepEqual(parse(one.certificate.key + one.certificate.cert), ders(one));
  });

  it('reads DER', () => {
    assert.deepEqual(parse([Buffer.from(one.certificate.der), two.certificate.cert]), ders(one, two));
  });

  it('reads text that Notepad or PowerShell saved, in UTF-16 or with a mark of UTF-8', () => {
    const { cert } = one.certificate;
    const little = Buffer.from(`\ufeff${cert}`, 'utf16le');
    for (const file of [little, Buffer.from(little).swap16(), Buffer.from(`\ufeff${cert}`)])
      assert.deepEqual(parse(file), ders(one));
  });

  it('reads P7B, as DER and under its names as PEM', () => {
    const file = p7b(ders(one, two));
    assert.deepEqual(parse(file), ders(one, two));
    for (const label of ['PKCS7', 'CERTIFICATE CHAIN'])
      assert.deepEqual(parse(`${pem(label, file)}${one.certificate.cert}`), ders(one, two, one));
  });

  describe('of a file without any certificate, says what it is', () => {
    const cases = (): readonly (readonly [string, string | Uint8Array, advice?: RegExp])[] => {
      const { cert, key } = one.certificate;
      const keyDer = derOf(key);
      const list = buildList(one.certificate);
      const request = element(
        0x30,
        element(0x30, element(2, Buffer.of(0)), element(0x30), element(0x30), element(0xa0)),
      );
      const whole = Buffer.concat([request.subarray(2), element(0x30), element(3, Buffer.of(0))]);
      return [
        ['empty', ''],
        ['empty', ' \r\n'],
        ['empty', Buffer.alloc(0)],
        ['a private key', key, /option key/],
        ['a private key', keyDer],
        ['a private key', pem('ENCRYPTED PRIVATE KEY', keyDer)],
        ['a public key', createPublicKey(key).export({ format: 'der', type: 'spki' })],
        ['a certificate request', pem('CERTIFICATE REQUEST', whole), /authority sign it/],
        ['a certificate request', element(0x30, whole)],
        [
          'a PFX (PKCS #12)',
          buildPfx({ parts: [{ bags: [{ certificate: one.certificate.der }] }] }),
          /option pfx/,
        ],
        ['a revocation list', list, /option crl/],
        ['a revocation list', pemOfCrl(list)],
        ['a P7B (PKCS #7)', p7b([])],
        ['a private key and the parameters of a key', key + pem('EC PARAMETERS', Buffer.of(5, 0))],
        ['PEM of the kind STRANGE', pem('STRANGE', Buffer.of(1))],
        ['a private key and PEM of the kind ?[2J', key + pem('\u001b[2J', Buffer.of(1))],
        ['PEM that does not end', cert.slice(0, 200), /Copy the file again/],
        ['UTF-16 that was read as another encoding', Buffer.from(`\ufeff${cert}`, 'utf16le').toString()],
        ['UTF-16 that was read as another encoding', Buffer.from(cert, 'utf16le')],
        ['DER that was read as text', Buffer.from(one.certificate.der).toString('latin1'), /as bytes/],
        ['DER that was read as text', Buffer.from(one.certificate.der).toString()],
        ['HTML', '\n<!DOCTYPE html><title>404', /not the page/],
        ['HTML', Buffer.from('\ufeff<html lang="en">')],
        ['XML', '<?xml version="1.0"?>'],
        ['JSON', '{"error":"not found"}'],
        ['the name of a file', 'certs/ca.pem', /readFileSync/],
        ['the name of a file', 'C:\\certs\\My CA.crt'],
        ['bare Base64', Buffer.from(one.certificate.der).toString('base64'), /between the lines/],
        ['neither PEM nor DER', 'no certificate'],
        ['neither PEM nor DER', Buffer.of(1, 2, 3)],
      ];
    };
    it('in its error', () => {
      for (const [what, ca, advice = /./] of cases()) {
        assert.throws(
          () => parseCaList([one.certificate.cert, ca]),
          (error: NodeJS.ErrnoException & { advice?: string }) => {
            assert.equal(error.code, 'ERR_SCHANNEL_OPTION_CERTIFICATE');
            assert.equal(error.message, `The option ca holds no certificate: it is ${what}`);
            assert.match(error.advice ?? '', advice);
            return true;
          },
        );
      }
    });
  });

  it('trusts nobody by an empty list', () => {
    assert.deepEqual(parse([]), []);
  });

  describe("for OpenSSL's TRUSTED CERTIFICATE", () => {
    const SERVER = oid('1.3.6.1.5.5.7.3.1');
    const CLIENT = oid('1.3.6.1.5.5.7.3.2');
    const MAIL = oid('1.3.6.1.5.5.7.3.4');
    const ANY = oid('2.5.29.37.0');
    const trusted = (...purposes: Buffer[]): Buffer => element(0x30, ...purposes);
    const rejected = (...purposes: Buffer[]): Buffer => element(0xa0, ...purposes);
    const name = element(0x0c, Buffer.from('a name'));
    const SETTINGS: readonly (readonly [string, readonly Buffer[], server: boolean, client: boolean])[] = [
      ['without settings', [], true, true],
      ['with only a name', [name], true, true],
      ['trusted for servers', [trusted(SERVER), name], true, false],
      ['trusted for clients and mail', [trusted(MAIL, CLIENT)], false, true],
      ['trusted for anything', [trusted(ANY)], true, true],
      ['trusted for nothing', [trusted()], false, false],
      ['rejected for servers', [rejected(SERVER), name], false, true],
      ['rejected for clients', [rejected(CLIENT)], true, false],
      ['rejected for anything', [rejected(ANY)], false, false],
      ['rejected for mail', [rejected(MAIL)], true, true],
      ['trusted and rejected for servers', [trusted(SERVER, CLIENT), rejected(SERVER)], false, true],
    ];
    const fileWith = (settings: readonly Buffer[]): string => {
      const behind = settings.length === 0 ? [] : [element(0x30, ...settings)];
      return pem('TRUSTED CERTIFICATE', Buffer.concat([one.certificate.der, ...behind]));
    };

    for (const [what, settings, server, client] of SETTINGS) {
      it(`trusts one ${what} for the same roles as OpenSSL`, async () => {
        const ca = fileWith(settings);
        const authorities = parseCaList(ca);
        assert.deepEqual(
          authorities.map(({ der }) => Buffer.from(der)),
          ders(one),
        );
        const has = (role: 'server' | 'client'): boolean => anchorsFor(authorities, role).length > 0;
        assert.deepEqual([has('server'), has('client')], [server, client]);
        assert.deepEqual(await opensslTrusts(one, ca), { server, client });
      });
    }

    it('refuses settings that cannot be read', () => {
      for (const settings of ['04020500', '300a', '3005300305', '30043002040030'])
        assert.throws(
          () =>
            parseCaList(
              pem('TRUSTED CERTIFICATE', Buffer.concat([one.certificate.der, Buffer.from(settings, 'hex')])),
            ),
          { code: 'ERR_SCHANNEL_OPTION_CERTIFICATE' },
        );
    });
  });

  it('refuses a damaged certificate', () => {
    const { cert } = one.certificate;
    const damaged = cert.slice(0, 200) + cert.slice(300);
    for (const ca of [damaged, Buffer.from(one.certificate.der.subarray(0, 100))]) {
      assert.throws(() => parseCaList(ca), {
        name: 'SchannelError',
        code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
      });
    }
  });

  it('refuses what is neither text nor bytes', () => {
    for (const ca of [7, {}, [null], [[cert()]]]) {
      assert.throws(() => parseCaList(ca as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    function cert(): string {
      return one.certificate.cert;
    }
  });
});
