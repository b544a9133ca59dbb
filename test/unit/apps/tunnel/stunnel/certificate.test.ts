import assert from 'node:assert/strict';
import { stunnelPath } from '../../../../support/stunnel-files.js';
import { planText, stunnelFault, stunnelRefusal } from '../../../../support/stunnel-plan.js';

const CLIENT = '[a]\nclient = yes\naccept = ::1:1\nconnect = b:2\n';
const SERVER = '[a]\naccept = 1\nconnect = 2\n';
const THUMBPRINT = '0123456789abcdef0123456789ABCDEF01234567';

const certificate = async (text: string) => (await planText(text)).services[0]?.tls.certificate;

describe('apps/tunnel/stunnel/certificate', () => {
  const STORED: readonly (readonly [cert: string, expected: object])[] = [
    [`CurrentUser\\MY\\${THUMBPRINT}`, { store: 'CurrentUser\\MY', thumbprint: THUMBPRINT.toUpperCase() }],
    [
      `Cert:\\LocalMachine\\My\\${THUMBPRINT.replace(/(..)(?=.)/g, '$1 ')}`,
      { store: 'LocalMachine\\My', thumbprint: THUMBPRINT.toUpperCase() },
    ],
    ['localmachine\\MY\\mail.example', { store: 'localmachine\\MY', dns: 'mail.example' }],
    ['CurrentUser\\MY\\Anna Smith', { store: 'CurrentUser\\MY', subject: 'CN=Anna Smith' }],
    ['CurrentUser\\MY\\CN=Anna, O=Example', { store: 'CurrentUser\\MY', subject: 'CN=Anna, O=Example' }],
    ['Services\\mail\\MY\\mail.example', { store: 'Services\\mail\\MY', dns: 'mail.example' }],
    ['cng:object=Anna', { store: 'CurrentUser\\MY', subject: 'Anna' }],
    [
      'cng:store_name=MY;store_location=LocalMachine;lookup_method=friendlyName;object=The%20mail',
      { store: 'LocalMachine\\MY', friendlyName: 'The mail' },
    ],
    [
      `cng:lookup_method=thumbprint;object=${THUMBPRINT}`,
      { store: 'CurrentUser\\MY', thumbprint: THUMBPRINT.toUpperCase() },
    ],
  ];
  for (const [cert, expected] of STORED) {
    it(`finds ${cert} in the store`, async () => {
      assert.deepEqual(await certificate(`${SERVER}cert = ${cert}`), expected);
    });
  }

  it('accepts that the key of a certificate in the store is named, too', async () => {
    assert.deepEqual(await certificate(`${SERVER}cert = cng:object=a\nkey = cng:object=a`), {
      store: 'CurrentUser\\MY',
      subject: 'a',
    });
  });

  it('takes a file for one, whatever its folder is named', async () => {
    const { services } = await planText(`${SERVER}cert = MY/a.pem`);
    assert.deepEqual(services[0]?.tls, { cert: [{ file: stunnelPath('MY/a.pem') }] });
  });

  it('searches the store of an engine', async () => {
    const engine = 'engine = cng\nengineCtrl = store_name:Mail\nengineCtrl = store_flags:1\n';
    assert.deepEqual(await certificate(`${engine}${SERVER}engineId = cng`), { store: 'LocalMachine\\Mail' });
  });

  it('lets the server say which certificate a client with an engine shows', async () => {
    assert.equal(await certificate(`${CLIENT}engineId = capi`), 'issuers');
    assert.equal(await certificate(CLIENT), undefined);
  });

  it('prefers a file to an engine', async () => {
    assert.equal(await certificate(`${CLIENT}engineId = capi\ncert = a.pem`), undefined);
  });

  const FAULTS: readonly (readonly [text: string, line: number, what: string])[] = [
    [`${CLIENT}key = a`, 5, '"key = a": There is no "cert" to which the key belongs'],
    [`${SERVER}cert =`, 4, '"cert = ": The file has no name'],
    [`${SERVER}cert = cng:`, 4, '"cert = cng:": The URI names no certificate'],
    [`${SERVER}cert = cng:a`, 4, '"cert = cng:a": The URI has a part without "="'],
    [
      `${SERVER}cert = cng:object=a;lookup_method=b`,
      4,
      '"cert = cng:object=a;lookup_method=b": The lookup_method is one of substring, friendlyname, thumbprint',
    ],
    [
      `${SERVER}cert = cng:object=12;lookup_method=thumbprint`,
      4,
      '"cert = cng:object=12;lookup_method=thumbprint": The thumbprint is not 40 or 64 hexadecimal digits',
    ],
    [
      `${SERVER}cert = cng:object=a\ncert = b`,
      5,
      '"cert = b": A certificate of the Windows store is the only "cert" of its section',
    ],
    [
      `${SERVER}cert = b\ncert = cng:object=a`,
      5,
      '"cert = cng:object=a": Files and the Windows store can\'t be mixed',
    ],
    [
      `${SERVER}cert = cng:object=a\nkey = b`,
      5,
      '"key = b": The key of a certificate in the Windows store is there too',
    ],
  ];
  for (const [text, line, what] of FAULTS) {
    it(what, () => assert.rejects(planText(text), stunnelFault(line, what)));
  }

  it('refuses a token by its PKCS#11 name, and says where its certificate is', async () => {
    const uri = 'pkcs11:token=a';
    await assert.rejects(
      planText(`${SERVER}cert = ${uri}`),
      stunnelRefusal(4, `cert = ${uri}`, 'Windows has no PKCS#11'),
    );
    await assert.rejects(
      planText(`${SERVER}cert = a\nkey = ${uri}`),
      stunnelRefusal(5, `key = ${uri}`, 'Windows has no PKCS#11'),
    );
  });

  it('refuses a PIN, without showing it', async () => {
    await assert.rejects(
      planText(`${SERVER}cert = cng:object=a;pin=1234`),
      stunnelRefusal(4, 'cert = cng:object=a;pin=***', 'Windows asks for the PIN itself'),
    );
  });
});
