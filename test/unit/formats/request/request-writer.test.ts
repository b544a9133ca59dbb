import 'reflect-metadata';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import {
  signRequest,
  requestedExtensions,
  type RequestedFields,
} from '#lib/formats/request/request-writer.js';
import { parseTemplate } from '#lib/formats/request/template.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { commonName, parseSubject } from '#lib/formats/x509/subject.js';
import { EXTENDED_KEY_USAGES } from '#lib/formats/x509/usages.js';
import { memorySigner } from '../../../support/memory-signer.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { skip } from '../../../support/skip.js';

x509.cryptoProvider.set(webcrypto);

const FIELDS: RequestedFields = {
  names: alternativeNames({
    dns: ['www.bar.example', 'bücher.example', '*.bar.example'],
    ip: ['192.0.2.1', '2001:db8::1'],
    email: ['anna@bar.example'],
    upn: ['anna@ad.bar.example'],
    uri: ['https://bar.example/a'],
  }),
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsage: [EXTENDED_KEY_USAGES.serverAuth, EXTENDED_KEY_USAGES.clientAuth],
  template: 'WebServer',
};
const SUBJECT = parseSubject('CN=www.bar.example, O="Bar, Inc.", C=DE');

const KINDS = [
  ['rsa', 'pkcs1'],
  ['rsa', 'pss'],
  ['P-256', undefined],
  ['P-384', undefined],
  ['P-521', undefined],
] as const;

const full = (kind: (typeof KINDS)[number][0], padding?: 'pkcs1' | 'pss'): Promise<Buffer> =>
  signRequest(
    { subject: SUBJECT, extensions: requestedExtensions(FIELDS, true), challengePassword: 'sesame' },
    memorySigner(kind),
    padding,
  );

describe('formats/request/request-writer', () => {
  describe('OpenSSL', () => {
    const openssl = new Openssl();
    before(function () {
      needsOpenssl(this);
    });
    after(() => openssl.remove());

    for (const [kind, padding] of KINDS) {
      it(`verifies it and reads all of it (${kind}, ${padding ?? "the curve's digest"})`, async () => {
        openssl.write('request.pem', toPem('CERTIFICATE REQUEST', await full(kind, padding)));
        const text = openssl.run(
          'req',
          '-in',
          'request.pem',
          '-verify',
          '-noout',
          '-text',
          '-nameopt',
          'RFC2253',
        );
        for (const part of [
          'Version: 1 (0x0)',
          String.raw`Subject: CN=www.bar.example,O=Bar\, Inc.,C=DE`,
          'DNS:www.bar.example, DNS:xn--bcher-kva.example, DNS:*.bar.example',
          'IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
          'email:anna@bar.example',
          'URI:https://bar.example/a',
          'Digital Signature, Key Encipherment',
          'TLS Web Server Authentication, TLS Web Client Authentication',
          '1.3.6.1.4.1.311.20.2',
          'challengePassword        :sesame',
        ]) {
          assert.ok(text.includes(part), `${part} is missing in ${text}`);
        }
      });
    }

    for (const digest of ['sha384', 'sha512'] as const) {
      for (const padding of ['pkcs1', 'pss'] as const) {
        it(`verifies another digest of RSA (${digest}, ${padding})`, async () => {
          const content = { subject: commonName('a'), extensions: [] };
          const der = await signRequest(content, memorySigner('rsa'), padding, digest);
          openssl.write('digest.der', der);
          const text = openssl.run(
            'req',
            '-inform',
            'DER',
            '-in',
            'digest.der',
            '-verify',
            '-noout',
            '-text',
          );
          assert.match(
            text,
            padding === 'pss' ? new RegExp(`Hash Algorithm: ${digest}`) : new RegExp(`${digest}With`),
          );
          assert.deepEqual(readRequest(der).signature, { digest, padding });
        });
      }
    }

    it('finds its structure in order', async () => {
      openssl.write('request.der', await full('P-256'));
      const tree = openssl.run('asn1parse', '-inform', 'DER', '-in', 'request.der');
      const lines = tree.trim().split('\n');
      assert.match(lines[0] ?? '', /d=0 .*cons: SEQUENCE/);
      assert.match(lines[2] ?? '', /d=2 .*INTEGER +:00/);
      // SET OF is sorted by its bytes: the password's identifier comes first.
      const attributes = lines.filter((line) => /challengePassword|Extension Request/.test(line));
      assert.deepEqual(
        attributes.map((line) => /:([^:]+)$/.exec(line)?.[1]?.trim()),
        ['challengePassword', 'Extension Request'],
      );
    });

    it('reads a request without extensions and one without a subject', async () => {
      const { names } = FIELDS;
      const bare = await signRequest({ subject: commonName('a'), extensions: [] }, memorySigner('P-256'));
      openssl.write('bare.der', bare);
      assert.match(
        openssl.run('req', '-inform', 'DER', '-in', 'bare.der', '-verify', '-noout', '-text'),
        /\(none\)|a0:00/,
      );
      const nameless = await signRequest(
        { subject: parseSubject(''), extensions: requestedExtensions({ ...FIELDS, names }, false) },
        memorySigner('P-256'),
      );
      openssl.write('nameless.der', nameless);
      const text = openssl.run('req', '-inform', 'DER', '-in', 'nameless.der', '-verify', '-noout', '-text');
      assert.match(text, /Subject Alternative Name: critical/);
    });
  });

  it('is read by GnuTLS', async function () {
    if (spawnSync('certtool', ['--version']).error !== undefined) skip(this, 'there is no certtool');
    for (const [kind, padding] of KINDS) {
      const { stdout, status } = spawnSync('certtool', ['--crq-info', '--inder'], {
        input: await full(kind, padding),
        encoding: 'utf8',
      });
      assert.equal(status, 0);
      assert.match(stdout, /Self signature: verified/);
      assert.match(stdout, /DNSname: xn--bcher-kva\.example/);
      assert.match(stdout, /TLS WWW Client/);
    }
  });

  it('is read by @peculiar/x509', async () => {
    for (const [kind] of KINDS.filter(([, padding]) => padding !== 'pss')) {
      const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(await full(kind)));
      assert.equal(await request.verify(), true);
      assert.equal(request.subject, 'C=DE, O=Bar\\, Inc., CN=www.bar.example');
      const names = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
      assert.deepEqual(
        names?.names.items.filter(({ type }) => type === 'dns').map(({ value }) => value),
        ['www.bar.example', 'xn--bcher-kva.example', '*.bar.example'],
      );
    }
  });

  it('is read by this library', async () => {
    const request = readRequest(await full('rsa', 'pss'));
    assert.equal(request.subject, 'CN=www.bar.example, O="Bar, Inc.", C=DE');
    assert.equal(request.commonName, 'www.bar.example');
    assert.deepEqual(request.names, FIELDS.names);
    assert.deepEqual(request.keyUsage, FIELDS.keyUsage);
    assert.deepEqual(request.extendedKeyUsage, FIELDS.extendedKeyUsage);
    assert.equal(request.template, 'WebServer');
    assert.deepEqual(request.signature, { digest: 'sha256', padding: 'pss' });
    assert.equal(request.challengePassword, 'sesame');
    assert.ok(!JSON.stringify(request).includes('sesame'));
    assert.ok(!Object.keys(request).includes('challengePassword'));
  });

  it('asks for a template by identifier and version', async () => {
    // 100 and 3, and the largest version, which needs a leading zero.
    for (const [text, versions] of [
      ['1.3.6.1.4.1.311.21.8.1.2:100.3', '020164020103'],
      ['1.3.6.1.4.1.311.21.8.1.2:4294967295', '020500ffffffff'],
    ] as const) {
      const template = parseTemplate(text);
      const der = await signRequest(
        { subject: SUBJECT, extensions: requestedExtensions({ ...FIELDS, template }, true) },
        memorySigner('P-256'),
      );
      assert.equal(readRequest(der).template, text.split(':')[0]);
      assert.ok(der.includes(Buffer.from(versions, 'hex')));
    }
  });
});
