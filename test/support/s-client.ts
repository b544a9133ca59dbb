import { X509Certificate } from 'node:crypto';
import { startPeer } from './peers.js';

/** What `openssl s_client` says about one handshake. */
export interface Shown {
  /** SHA-256 of each certificate as it was sent: hexadecimal, without colons. */
  readonly chain: readonly string[];
  /** Each of them issued the one before it. */
  readonly isOrdered: boolean;
  /** 'RSA-PSS SHA256'; null before TLS 1.2, and with a key exchange that needs no signature. */
  readonly signature: string | null;
  readonly isStapled: boolean;
  /** Names of authorities from which the server wants a certificate; null if it wants none. */
  readonly authorities: number | null;
  readonly alpn: string | null;
}

/** One handshake with a server on this machine; null if it fails. @param args more of s_client's options */
export async function sClient(port: number, ...args: readonly string[]): Promise<Shown | null> {
  const options = ['-connect', `127.0.0.1:${port}`, '-showcerts', '-status', ...args];
  const client = await startPeer('openssl', ['s_client', ...options]);
  client.stdin.end();
  await client.exited;
  const text = client.output();
  if (/^New, \(NONE\)/m.test(text) || !/^New, /m.test(text)) return null;
  // A staple, which comes first, may have certificates too.
  const [, shown = ''] = text.split('\nCertificate chain\n');
  const chain = shown.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  const [, digest] = /^Peer signing digest: (\S+)$/m.exec(text) ?? [];
  const [, type] = /^Peer signature type: (\S+)$/m.exec(text) ?? [];
  const subjects = [...shown.matchAll(/^ *\d+ s:(.*)$/gm)].map(([, name]) => name);
  const issuers = [...shown.matchAll(/^ {3}i:(.*)$/gm)].map(([, name]) => name);
  const isAsked = /^Requested Signature Algorithms: /m.test(text);
  const [, names = ''] =
    /^Acceptable client certificate CA names\n([^]*?)^(?:Client Certificate Types|Requested)/m.exec(text) ??
    [];
  return {
    chain: chain.map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '')),
    isOrdered: subjects.every((name, index) => index === 0 || name === issuers[index - 1]),
    signature: type === undefined ? null : [type, ...(digest === undefined ? [] : [digest])].join(' '),
    isStapled: /^OCSP Response Status: successful/m.test(text.replace(/^ +/gm, '')),
    authorities: isAsked ? names.split('\n').filter((line) => line !== '').length : null,
    alpn: /^ALPN protocol: (\S+)$/m.exec(text)?.[1] ?? null,
  };
}
