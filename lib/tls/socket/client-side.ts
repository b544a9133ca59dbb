import { alertOfVerdict } from '../../windows/trust/verify-alert.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type {
  NativeSessionInfo,
  NativeCredential,
  NativePlatform,
  NativeSession,
} from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { ClientCredential } from '../credential/client-credential.js';
import { sniName, targetName, type ClientSettings } from './client-options.js';
import type { ConnectionSide, PeerDemands, PeerVerdict, Refusal, SessionOpening } from './connection-side.js';
import { errorCode } from '../../base/errors/error-code.js';
import { verifyServer } from './peer-verification.js';
import { refuseRenegotiation } from './renegotiation-faults.js';
import { refusedApplication, refusedOutcome, refusedParameters } from './refused-outcome.js';
import { clientRequestFlags } from '../credential/session-flags.js';

const NOTHING = new Uint8Array(0);

/** A client: it says the first word, and verifies the server it wanted. */
export class ClientSide implements ConnectionSide {
  readonly role = 'client';
  readonly turn = null;
  readonly listens = false;
  readonly heard = NOTHING;
  readonly #settings: ClientSettings;
  readonly #credential: ClientCredential;
  #servername: string;

  readonly #platform: NativePlatform;

  constructor(settings: ClientSettings, platform: NativePlatform) {
    this.#settings = settings;
    this.#platform = platform;
    this.#servername = settings.servername;
    const { context, servername, requestOCSP } = settings;
    this.#credential = new ClientCredential(context, servername, platform, requestOCSP);
  }

  get certificates(): readonly Uint8Array[] {
    return this.#credential.certificates;
  }

  get servername(): string | false {
    return this.#servername || false;
  }

  get renegotiates(): boolean {
    return capabilitiesOf(this.#platform).renegotiation;
  }

  get demands(): PeerDemands {
    return { requestCert: true, rejectUnauthorized: this.#settings.rejectUnauthorized };
  }

  /** A stapled OCSP response was asked for. */
  get requestsOCSP(): boolean {
    return this.#settings.requestOCSP;
  }

  /** Another name for SNI; without effect once the handshake has begun. What the certificate has to be for remains. */
  ask(servername: string): void {
    this.#servername = sniName(servername);
    this.#credential.servername = this.#servername;
  }

  hear(): void {
    // Nothing comes: its transport does not flow before there is a session.
  }

  async open(): Promise<SessionOpening> {
    const { alpnProtocols, hostname } = this.#settings;
    const credential = await this.#credential.acquire();
    const { chooses, resumes } = this.#credential;
    const request = {
      targetName: targetName(this.#servername, hostname),
      requestFlags: clientRequestFlags(chooses),
      alpnProtocols,
      resumes,
    };
    return { credential, request, chooses };
  }

  choose(issuers: readonly Uint8Array[] | null): Promise<NativeCredential | null> {
    return this.#credential.choose(issuers);
  }

  examine(facts: NativeSessionInfo): Refusal | null {
    const { context, alpnProtocols, minDHSize } = this.#settings;
    return (
      refusedOutcome(facts, context, 'client') ??
      refusedApplication(facts, alpnProtocols) ??
      refusedParameters(facts, minDHSize)
    );
  }

  async verify(
    session: NativeSession,
    facts: NativeSessionInfo,
    { rejectUnauthorized }: PeerDemands,
  ): Promise<PeerVerdict> {
    const { context, hostname, checkServerIdentity } = this.#settings;
    const certificates = facts.peerCertificates;
    const verification = await verifyServer({
      session,
      context,
      certificates,
      hostname,
      checkServerIdentity,
    });
    const { error } = verification;
    const isRefused = error !== null && rejectUnauthorized;
    return {
      verification,
      refusal: isRefused ? { error, alert: alertOfVerdict(errorCode(error)) } : null,
    };
  }

  askLater(): never {
    throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'only a server asks for a certificate', {
      advice: 'A client has the certificate of its server from the handshake on.',
    });
  }

  renegotiate(facts: NativeSessionInfo): null {
    refuseRenegotiation(facts, this.#platform);
    return null;
  }

  release(): void {
    this.#credential.release();
  }
}
