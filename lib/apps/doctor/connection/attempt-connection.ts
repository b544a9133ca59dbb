import { once } from 'node:events';
import net from 'node:net';
import type { TLSSocket } from '../../../tls/socket/tls-socket.js';
import { startTls } from '../../../adapters/starttls/index.js';
import { untilSecure } from '../../../adapters/starttls/until-secure.js';
import type { Clock } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { connect, type ConnectionOptions } from '../../../tls/connect.js';
import type { CertificateChoice } from '../../../tls/identity/choice.js';
import { checkIdentity } from '../../../windows/trust/identity.js';
import type { Attempt, DiagnosedTarget } from './evidence.js';

/** Options of the connection. */
export interface AttemptOptions extends Pick<
  ConnectionOptions,
  'ca' | 'minVersion' | 'maxVersion' | 'revocation'
> {
  /** Shown if the server asks for one. */
  readonly certificate?: CertificateChoice | undefined;
  /** Milliseconds for the handshake. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** How it went, with what is needed to look for certificates. */
export interface Attempted {
  readonly attempt: Attempt;
  /** DER of the names of the authorities that the server accepts; null if it did not ask, or Windows doesn't say. */
  readonly issuers: readonly Uint8Array[] | null;
}

/**
 * Connects by Schannel, and closes. Nothing of the server's certificate ends the connection: all that is wrong with it
 * is told.
 * @param asks the server is known to ask for a certificate
 */
export async function attemptConnection(
  target: DiagnosedTarget,
  options: AttemptOptions,
  asks: boolean,
  clock: Clock,
): Promise<Attempted> {
  const { certificate, signal, timeout, ...tlsOptions } = options;
  let issuers: readonly Uint8Array[] | null = null;
  let names = null as readonly string[] | null;
  const result = (outcome: Pick<Attempt, 'connected' | 'error' | 'trust'>): Attempted => ({
    attempt: { ...outcome, authorities: names, certificate: certificate !== undefined },
    issuers,
  });
  let socket: TLSSocket;
  try {
    socket = await open(target, signal, {
      ...tlsOptions,
      handshakeTimeout: timeout,
      rejectUnauthorized: false,
      // The name is looked at by itself, so that both faults are told.
      checkServerIdentity: () => undefined,
      certificate: (request) => {
        // In Wine the function is called before anybody asks, and nothing is known then.
        if (request.issuers !== null) ({ issuers, issuerNames: names } = request);
        return certificate ?? null;
      },
    });
  } catch (error) {
    return result({ connected: null, error: toError(error), trust: null });
  }
  try {
    const protocol = socket.getProtocol();
    const isJudgedLater = protocol === 'TLSv1.3' && (asks || names !== null);
    const connected = { protocol, cipherSuite: socket.getCipher()?.standardName ?? null };
    const trust = trustOf(socket, target);
    const error = isJudgedLater ? await judgement(socket, clock) : null;
    return result({ connected, error, trust });
  } finally {
    socket.destroy();
  }
}

async function open(
  { host, port, servername, starttls }: DiagnosedTarget,
  signal: AbortSignal,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const transport = net.connect({ host, port, signal });
  try {
    await once(transport, 'connect', { signal });
    const all = { ...options, host, servername };
    return starttls === null
      ? await untilSecure(connect({ ...all, socket: transport }), signal)
      : await startTls(transport, { ...all, protocol: starttls, signal });
  } catch (error) {
    transport.destroy();
    throw error;
  }
}

function trustOf(socket: TLSSocket, { servername }: DiagnosedTarget): Attempt['trust'] {
  const { verification } = socket;
  const peer = socket.getPeerCertificate(true);
  if (verification === null || peer === null) return null;
  return {
    chainError: verification.error,
    nameError: checkIdentity(servername, peer),
    revocation: verification.revocation,
    chain: verification.chain.map((der) => {
      const { subject, thumbprint256, isSelfSigned } = new CertificateContents(der);
      return { subject, fingerprint256: thumbprint256.toUpperCase(), isSelfSigned };
    }),
  };
}

/** Milliseconds that a server has to end a connection whose client certificate it does not like. */
const PATIENCE = 1000;

/**
 * In TLS 1.3 the handshake of a client is complete before the server has judged its certificate (RFC 8446 §4.4). What
 * it thinks of it comes with its first words.
 */
async function judgement(socket: TLSSocket, clock: Clock): Promise<Error | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(PATIENCE, () => resolve(null));
    const settle = (error: Error | null): void => {
      cancel();
      resolve(error);
    };
    socket.once('error', settle);
    socket.once('data', () => settle(null));
    // After an error, the first answer counts.
    socket.once('close', () => settle(closed()));
    socket.once('end', () => settle(closed()));
  });
}

const closed = (): SchannelError =>
  new SchannelError('ECONNRESET', 'the server closed the connection right after the handshake', {
    phase: 'data',
  });
