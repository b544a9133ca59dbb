import { TestAuthority, type TestCertificate } from './certificates.js';
import { startPeer, type Peer } from './peers.js';

/** Certificates of both usual kinds of key, from one authority. */
export interface BothKinds {
  readonly authority: TestAuthority;
  readonly ec: TestCertificate;
  readonly rsa: TestCertificate;
}

export async function bothKinds(): Promise<BothKinds> {
  const authority = await TestAuthority.create('CN=Probed');
  return { authority, ec: await authority.issue(), rsa: await authority.issue({ key: 'rsa' }) };
}

/** `openssl s_server` with an RSA and an ECDSA certificate. */
export async function opensslServer({ ec, rsa }: BothKinds, ...args: readonly string[]): Promise<Peer> {
  const files = { rsa: rsa.cert, rsaKey: rsa.key, ec: ec.cert, ecKey: ec.key };
  const certificates = [
    '-cert',
    '{file:rsa}',
    '-key',
    '{file:rsaKey}',
    '-dcert',
    '{file:ec}',
    '-dkey',
    '{file:ecKey}',
  ];
  const peer = await startPeer(
    'openssl',
    ['s_server', '-accept', '127.0.0.1:{port}', ...certificates, ...args],
    { files },
  );
  await peer.waitFor(/ACCEPT/);
  return peer;
}
