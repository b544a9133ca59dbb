import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { ConnectionDescription, inspect, type Inspectable } from '#lib/formats/description/connection.js';
import { sharedRoot } from '../../../support/certificates.js';

/** A secure socket, of the peer with this chain. */
const socketOf = (chain: readonly Uint8Array[], own: Partial<Inspectable> = {}): Inspectable =>
  Object.assign(
    new Duplex(),
    {
      authorized: true,
      authorizationError: null,
      alpnProtocol: 'h2' as const,
      remoteAddress: '192.0.2.1',
      remotePort: 443,
      verification: { error: null, chain, anchors: 'ca' as const, revocation: 'good', ignored: [] },
      getProtocol: () => 'TLSv1.3',
      getCipher: () => ({ name: 'ignored', standardName: 'TLS_AES_256_GCM_SHA384' }),
      getEphemeralKeyInfo: () => ({ type: 'ECDH', name: 'X25519', size: 253 }),
      getPeerCertificate: () => null,
      isSessionReused: () => true,
    },
    own,
  );
const textOf = (socket: Inspectable): string =>
  String(new ConnectionDescription(inspect(socket, 'windows'))).replace(/ {2,}/g, ' ');

describe('formats/description/connection', () => {
  it('has everything in an object for JSON', async () => {
    const { der } = await (await sharedRoot()).issue({ altNames: ['DNS:mail.example'] });
    const description = new ConnectionDescription(inspect(socketOf([der]), 'windows'));
    const { connection, certificates, trust } = JSON.parse(
      JSON.stringify(description),
    ) as ConnectionDescription;
    assert.deepEqual(connection, {
      remoteAddress: '192.0.2.1',
      remotePort: 443,
      protocol: 'TLSv1.3',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      keyExchange: 'ECDH X25519 253',
      alpnProtocol: 'h2',
      resumed: true,
    });
    assert.equal(certificates[0]?.subjectAltName, 'DNS:mail.example');
    assert.deepEqual(trust, {
      authorized: true,
      reason: null,
      anchors: 'ca',
      revocation: 'good',
      ignored: [],
    });
  });

  it('is a text for people', async () => {
    const { der } = await (await sharedRoot()).issue({ altNames: ['DNS:mail.example'] });
    const text = textOf(socketOf([der]));
    assert.match(text, /^protocol TLSv1\.3$/m);
    assert.match(text, /^ names DNS:mail\.example$/m);
    assert.match(text, /^trusted by only the certificates of the option ca$/m);
  });

  it('says why a peer is not trusted, and by whom', () => {
    const own = { authorized: false, authorizationError: 'CERT_HAS_EXPIRED' };
    assert.match(textOf(socketOf([], own)), /^not trusted by only .*\nreason CERT_HAS_EXPIRED$/m);
    // As newer types of Node have it.
    const authorizationError = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' });
    assert.equal(inspect(socketOf([], { authorizationError }), 'ca').trust.reason, 'CERT_HAS_EXPIRED');
  });

  it('says nothing about trust in a client that was not asked', () => {
    const socket = socketOf([], { authorized: false, verification: null });
    assert.equal(inspect(socket, 'windows').trust.anchors, null);
    assert.match(textOf(socket), /The client was not asked for a certificate\.$/);
  });

  it('takes the chain of a node:tls socket, and where its anchors are from by what it is told', async () => {
    const { der } = await (await sharedRoot()).issue({ altNames: ['DNS:mail.example'] });
    const socket = socketOf([], {
      getPeerCertificate: () => ({ raw: der }) as ReturnType<Inspectable['getPeerCertificate']>,
    });
    Reflect.deleteProperty(socket, 'verification');
    const { certificates, trust } = inspect(socket, 'windows');
    assert.equal(certificates.length, 1);
    assert.equal(trust.anchors, 'windows');
  });
});
