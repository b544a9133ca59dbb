import net from 'node:net';
import { startPeer, type Peer } from './peers.js';
import { TestAuthority } from './certificates.js';

export interface PebbleOptions {
  /** Where pebble looks for files, and for certificates of TLS-ALPN-01. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** How many of a hundred nonces it refuses. Default none. */
  readonly refusedNonces?: number;
  /** Keys of external accounts by their identifiers, base64url. With them, it accepts no other accounts. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  readonly blocked?: readonly string[];
  /** Whom it asks for DNS records, with the port. Default: a server for which all names are on this machine. */
  readonly dnsServer?: string;
}

/** An ACME server that others wrote, on this machine. */
export interface Pebble extends Peer {
  readonly directory: string;
  /** PEM of the authority that signed its own certificate. */
  readonly ca: string;
}

/** Starts pebble. Call needsPeer(this, 'pebble') first. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const {
    httpPort = 5002,
    tlsPort = 5001,
    refusedNonces = 0,
    externalAccounts,
    blocked = [],
    dnsServer,
  } = options;
  const authority = await TestAuthority.create('CN=pebble test authority');
  const { cert, key } = await authority.issue();
  const pebble = {
    listenAddress: '127.0.0.1:{port:acme}',
    managementListenAddress: '127.0.0.1:{port:management}',
    certificate: 'cert.pem',
    privateKey: 'key.pem',
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: externalAccounts !== undefined,
    ...(externalAccounts !== undefined && { externalAccountMACKeys: externalAccounts }),
    domainBlocklist: blocked,
    retryAfter: { authz: 1, order: 1 },
    certificateValidityPeriod: 7_776_000,
  };
  const peer = await startPeer(
    'pebble',
    [
      ...['{port:dns}', '{port:control}', `PEBBLE_WFE_NONCEREJECT=${refusedNonces}`],
      ...(dnsServer === undefined ? [] : [`DNS_SERVER=${dnsServer}`]),
    ],
    { files: { 'config.json': JSON.stringify({ pebble }), 'cert.pem': cert, 'key.pem': key } },
  );
  await peer.waitFor(/ACME directory available/);
  // It says so before it listens.
  while (!(await isListening(peer.ports['acme'] ?? 0)));
  const directory = `https://localhost:${peer.ports['acme'] ?? 0}/dir`;
  return Object.assign(peer, { directory, ca: authority.certificate.cert });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
