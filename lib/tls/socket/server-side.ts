import type { Socket } from 'node:net';

import type { ClientHello } from '../../formats/client-hello/client-hello.js';
import { alertOfVerdict } from '../../windows/trust/verify-alert.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { Alert } from '../../base/errors/alerts.js';
import { rejection, type Rejection } from '../../base/errors/rejection.js';
import { printableList } from '../../base/text/printable.js';
import { toError } from '../../base/errors/to-error.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type {
  NativeSessionInfo,
  NativeCredential,
  NativePlatform,
  NativeSession,
} from '../../native/binding.js';
import type { Lease } from '../../base/async/lease-cache.js';
import type { Credential } from '../credential/credential-cache.js';
import { SecureContext } from '../secure-context/secure-context.js';
import { protocolOf } from './session-info.js';
import type { ConnectionSide, PeerDecision, PeerDemands, SessionOpening } from './connection-side.js';
import { errorCode } from '../../base/errors/error-code.js';
import { HelloIntake } from './hello-intake.js';
import { verifyClient } from './peer-verification.js';
import { refuseRenegotiation, requireRenegotiation } from './connection-faults.js';
import { checkOutcome, checkVersions } from './rejections.js';
import { askForContext, askForProtocol } from './server-callbacks.js';
import { adviseOnSettings } from './settings-advice.js';
import type { ServerSettings } from './server-options.js';
import { credentials } from '../credential/credentials.js';
import { serverRequestFlags } from '../credential/session-flags.js';
import type { Identity } from '../identity/identity.js';

/**
 * A server: it reads its client's hello before Windows does, so that the name in it can choose the certificate, and the
 * protocols in it the application's; then it verifies the client, if it asks for a certificate at all.
 */
export class ServerSide implements ConnectionSide {
  readonly role = 'server';
  servername: string | false = false;
  readonly #settings: ServerSettings;
  readonly #platform: NativePlatform;
  readonly #receiver: Socket;
  readonly admission: HelloIntake;
  #postHandshakeAuth = false;
  #context: SecureContext;
  #answersChallenge = false;
  #lease: Lease<Credential> | null = null;
  #released = false;

  /** @param receiver what callbacks of the user have as `this` */
  constructor(settings: ServerSettings, platform: NativePlatform, receiver: Socket) {
    this.#settings = settings;
    this.#platform = platform;
    this.#receiver = receiver;
    this.admission = new HelloIntake(settings.turn);
    this.#context = settings.context;
  }

  get certificates(): readonly Uint8Array[] {
    return this.#lease?.resource.certificates ?? [];
  }

  get renegotiates(): boolean {
    return capabilitiesOf(this.#platform).renegotiation;
  }

  get demands(): PeerDemands {
    const { requestCert, rejectUnauthorized } = this.#settings;
    return { requestCert, rejectUnauthorized };
  }

  /** The client is an ACME server that has its proof with the handshake, and exchanges no data (RFC 8737 §3). */
  get answersChallenge(): boolean {
    return this.#answersChallenge;
  }

  /** Takes the place of the context that the name chose; without effect once the handshake has begun. */
  useContext(context: SecureContext): void {
    this.#context = context;
  }

  async open(): Promise<SessionOpening | Rejection> {
    const outcome = await this.admission.outcome;
    if (outcome.state === 'faulty') return outcome.fault;
    const { hello } = outcome;
    this.servername = hello.servername ?? false;
    this.#postHandshakeAuth = hello.postHandshakeAuth;
    const challenge = await this.#challengeOf(hello);
    if (challenge !== null) return this.#openForChallenge(hello, challenge);
    const { selectContext } = this.#settings;
    if (hello.servername !== null && selectContext !== null) {
      try {
        this.#context =
          (await askForContext(selectContext, this.#receiver, hello.servername)) ?? this.#context;
      } catch (error) {
        // As node:tls: the client hears nothing but the end.
        return { error: toError(error), alert: null };
      }
    }
    const rejected = checkVersions(hello, this.#context.protocols);
    if (rejected) return rejected;
    const alpnProtocols = this.#protocols(hello);
    if (!Array.isArray(alpnProtocols)) return alpnProtocols;
    return this.#opening(alpnProtocols, this.#settings.requestCert);
  }

  checkNegotiated(info: NativeSessionInfo): Rejection | null {
    return checkOutcome(info, this.#context, 'server');
  }

  async checkPeer(
    session: NativeSession,
    info: NativeSessionInfo,
    { requestCert, rejectUnauthorized }: PeerDemands,
  ): Promise<PeerDecision> {
    if (!requestCert || this.#answersChallenge) return { verification: null, rejection: null };
    const certificates = info.peerCertificates;
    const verification = await verifyClient({
      session,
      context: this.#context,
      certificates,
      socket: this.#receiver,
    });
    const { error } = verification;
    if (error === null || !rejectUnauthorized) return { verification, rejection: null };
    const alert = certificates.length === 0 ? this.#alertOfNone(info) : alertOfVerdict(errorCode(error));
    return { verification, rejection: { error, alert } };
  }

  renegotiate(info: NativeSessionInfo, requestCert: boolean): number {
    refuseRenegotiation(info, this.#platform);
    return serverRequestFlags(requestCert);
  }

  requestClientCertificate(info: NativeSessionInfo): number {
    requireRenegotiation(this.#platform, ASK_AT_ONCE);
    if (protocolOf(info) === 'TLSv1.3' && !this.#postHandshakeAuth) {
      throw new SchannelError(
        'ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH',
        'the client does not take a request for a certificate after its handshake',
        { advice: ASK_AT_ONCE },
      );
    }
    return serverRequestFlags(true);
  }

  advise(error: Error): Promise<void> | null {
    return adviseOnSettings(error, { role: 'server', protocols: this.#context.protocols });
  }

  release(): void {
    this.#released = true;
    this.#lease?.release();
    this.#lease = null;
  }

  async #challengeOf({ servername, alpnProtocols }: ClientHello): Promise<SecureContext | null> {
    const { challenges } = this.#settings;
    // "The single protocol name acme-tls/1" (RFC 8737 §3): a client that offers others, too, wants to talk.
    if (challenges === null || servername === null || alpnProtocols.join() !== ACME_TLS) return null;
    const context: unknown = await challenges.contextFor(servername);
    if (context === null || context instanceof SecureContext) return context;
    throw new TypeError('Invalid context for a TLS-ALPN-01 challenge');
  }

  /** An ACME server has no certificate to show, whatever other clients are asked for. */
  async #openForChallenge(hello: ClientHello, context: SecureContext): Promise<SessionOpening | Rejection> {
    this.#context = context;
    this.#answersChallenge = true;
    return checkVersions(hello, context.protocols) ?? (await this.#opening([Buffer.from(ACME_TLS)], false));
  }

  async #opening(alpnProtocols: Uint8Array[], requestCert: boolean): Promise<SessionOpening> {
    return {
      credential: await this.#acquire(requestCert),
      request: { targetName: '', requestFlags: serverRequestFlags(requestCert), alpnProtocols },
      choose: null,
    };
  }

  /**
   * The one protocol that Windows is to agree to, or none. It would choose by the same order; but which alert a client
   * gets that has none of ours depends on the build, and Wine goes on without one.
   */
  #protocols(hello: ClientHello): Uint8Array[] | Rejection {
    const { alpnProtocols, selectProtocol } = this.#settings;
    const offered = hello.alpnProtocols;
    if (offered.length === 0 || (alpnProtocols.length === 0 && selectProtocol === null)) return [];
    const chosen =
      selectProtocol === null
        ? alpnProtocols.find((name) => offered.includes(name))
        : askForProtocol(selectProtocol, this.#receiver, hello);
    return chosen === undefined ? noCommonProtocol(offered) : [Buffer.from(chosen, 'latin1')];
  }

  async #acquire(requestCert: boolean): Promise<NativeCredential> {
    const use = { role: 'server', requestCert } as const;
    const identity = await this.#identity();
    const lease =
      credentials().held(this.#context, identity, use) ??
      (await credentials().acquire(this.#context, identity, use));
    if (this.#released) lease.release();
    else this.#lease = lease;
    return lease.resource.native;
  }

  /** Of a certificate that the server follows, the present one. */
  async #identity(): Promise<Identity> {
    const { identity } = this.#context;
    const { follow } = this.#settings;
    if (identity.kind !== 'search' || follow === null) return identity;
    return { kind: 'certificate', certificate: { stored: await follow(this.#context, identity.search) } };
  }

  /** RFC 8446 §4.4.2.4; before it, RFC 5246 §7.4.6. */
  #alertOfNone(info: NativeSessionInfo): number {
    const { certificateRequiredAlert } = capabilitiesOf(this.#platform);
    return protocolOf(info) === 'TLSv1.3' && certificateRequiredAlert
      ? Alert.CertificateRequired
      : Alert.HandshakeFailure;
  }
}

/** RFC 8737 §6.2. */
const ACME_TLS = 'acme-tls/1';

const ASK_AT_ONCE = 'Ask in the first handshake, by requestCert.';

const noCommonProtocol = (offered: readonly string[]): Rejection =>
  rejection(
    'ERR_SCHANNEL_PEER_ALPN',
    Alert.NoApplicationProtocol,
    `the client offers no protocol that is ours but ${printableList(offered)}`,
    'handshake',
    'Add one of them to ALPNProtocols, or none at all to take every client.',
  );
