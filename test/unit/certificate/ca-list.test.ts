import assert from 'node:assert/strict';
import { parseCaList } from '#lib/certificate/ca-list.js';
import { type TestAuthority, sharedRoot } from '../../support/certificates.js';

describe('certificate/ca-list', () => {
  let one: TestAuthority;
  let two: TestAuthority;
  before(async () => {
    one = await sharedRoot('CN=one');
    two = await sharedRoot('CN=two');
  });
  const ders = (...authorities: TestAuthority[]): Buffer[] =>
    authorities.map((authority) => Buffer.from(authority.certificate.der));
  const parse = (...args: Parameters<typeof parseCaList>): Buffer[] =>
    parseCaList(...args).map((der) => Buffer.from(der));

  it('reads PEM as text or bytes, alone or in a list', () => {
    const { cert } = one.certificate;
    assert.deepEqual(parse(cert), ders(one));
    assert.deepEqual(parse(Buffer.from(cert)), ders(one));
    assert.deepEqual(parse(new Uint8Array(Buffer.from(cert))), ders(one));
    assert.deepEqual(parse([cert, Buffer.from(two.certificate.cert)]), ders(one, two));
  });

  it('reads several certificates in one text, whatever stands between them', () => {
    const bundle = `# a bundle\r\n${one.certificate.cert.replaceAll('\n', '\r\n')}\nsubject=/CN=two\n${two.certificate.cert}the end`;
    assert.deepEqual(parse(bundle), ders(one, two));
  });

  it('leaves other PEM blocks alone', () => {
    assert.deepEqual(parse(one.certificate.key + one.certificate.cert), ders(one));
  });

  it('reads DER', () => {
    assert.deepEqual(parse([Buffer.from(one.certificate.der), two.certificate.cert]), ders(one, two));
  });

  it("reads OpenSSL's TRUSTED CERTIFICATE without the settings behind it", () => {
    const settings = Buffer.from('300a3008060355' + '1d2501010000', 'hex');
    const body = Buffer.concat([one.certificate.der, settings]).toString('base64');
    assert.deepEqual(
      parse(`-----BEGIN TRUSTED CERTIFICATE-----\n${body}\n-----END TRUSTED CERTIFICATE-----\n`),
      ders(one),
    );
  });

  it('finds nothing where there is no certificate, as node:tls', () => {
    for (const ca of ['', 'no certificate', Buffer.alloc(0), []]) assert.deepEqual(parse(ca), []);
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
