import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { legacyPeerCertificate, peerX509Certificate } from '#lib/windows/trust/peer-certificate.js';
import { type TestAuthority, type TestCertificate, sharedRoot } from '../../../support/certificates.js';
import { holding, oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';

describe('windows/trust/peer-certificate', () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await sharedRoot();
    intermediate = await root.authority('CN=intermediate');
    leaf = await intermediate.issue({ caIssuers: 'http://127.0.0.1/ca', ocsp: 'http://127.0.0.1/ocsp' });
  });

  it('gives what a socket of node:tls gives', async () => {
    const cert = leaf.cert + intermediate.certificate.cert;
    const server = tls.createServer({ cert, key: leaf.key }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = tls.connect({ port, host: '127.0.0.1', ca: root.certificate.cert });
    try {
      await once(socket, 'secureConnect');
      const chain = [leaf.der, intermediate.certificate.der, root.certificate.der];
      assert.deepEqual(plain(legacyPeerCertificate(chain)), plain(socket.getPeerCertificate()));
      assert.deepEqual(plain(legacyPeerCertificate(chain, true)), plain(socket.getPeerCertificate(true)));
      assert.deepEqual(peerX509Certificate(chain)?.raw, socket.getPeerX509Certificate()?.raw);
    } finally {
      socket.destroy();
      server.close();
    }
  });

  it('links issuers in whatever order they come, the root to itself', () => {
    const certificate = legacyPeerCertificate(
      [leaf.der, root.certificate.der, intermediate.certificate.der],
      true,
    );
    assert.equal(certificate.issuerCertificate.subject.CN, 'intermediate');
    const top = certificate.issuerCertificate.issuerCertificate;
    assert.equal(top.issuerCertificate, top);
  });

  it('does not follow a circle of issuers', async () => {
    const options = { keyIdentifiers: false };
    const first = await (await root.authority('CN=second', options)).authority('CN=first', options);
    const second = await first.authority('CN=second', options);
    const chain = [first.certificate.der, second.certificate.der, first.certificate.der];
    const { issuerCertificate: issuer } = legacyPeerCertificate(chain, true);
    assert.equal(issuer.subject.CN, 'second');
    assert.equal(issuer.issuerCertificate, undefined);
  });

  it('ends where the issuer is unknown', () => {
    const certificate = legacyPeerCertificate([leaf.der, root.certificate.der], true);
    assert.equal(certificate.issuerCertificate, undefined);
  });

  it('is an empty object without a certificate', () => {
    assert.deepEqual(legacyPeerCertificate([]), {});
    assert.deepEqual(legacyPeerCertificate([], true), {});
    assert.equal(peerX509Certificate([]), undefined);
  });

  /** The object without prototypes and with its circle cut: the prototypes differ between the versions of Node. */
  function plain(certificate: object): unknown {
    const seen = new Set<unknown>();
    const text = JSON.stringify(certificate, (key, value: unknown) => {
      if (key !== 'issuerCertificate') return value;
      if (seen.has(value)) return 'itself';
      seen.add(value);
      return value;
    });
    return JSON.parse(text) as unknown;
  }

  for (const [what, oddity] of Object.entries(UNREADABLE)) {
    it(`puts nobody in the place of a peer whose certificate has ${what}`, () => {
      const chain = [oddLeaf(root.certificate, oddity).der, leaf.der, root.certificate.der];
      assert.deepEqual(legacyPeerCertificate(chain), {});
      assert.deepEqual(legacyPeerCertificate(chain, true), {});
      assert.equal(peerX509Certificate(chain), undefined);
    });
  }

  it('passes over an issuer that OpenSSL cannot read', () => {
    const odd = oddLeaf(root.certificate, UNREADABLE['a subject of invalid UTF-8']).der;
    const chain = [leaf.der, odd, intermediate.certificate.der, root.certificate.der];
    assert.equal(legacyPeerCertificate(chain, true).issuerCertificate.subject.CN, 'intermediate');
    assert.match(peerX509Certificate(chain)?.issuerCertificate?.subject ?? '', /intermediate/);
  });

  it('gives the certificate itself, not one that stands as PEM within it', () => {
    const outer = oddLeaf(root.certificate, holding(leaf.cert)).der;
    assert.equal(legacyPeerCertificate([outer]).subject.CN, 'attacker.example');
    assert.deepEqual(legacyPeerCertificate([outer]).raw, outer);
    assert.equal(peerX509Certificate([outer])?.subject, 'CN=attacker.example');
  });
});
