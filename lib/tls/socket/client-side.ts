import type { Socket } from 'node:net';

import type { Rejection } from '../../base/errors/rejection.js';
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
import type { ConnectionSide, PeerDecision, PeerDemands, SessionOpening } from './connection-side.js';
import { serverRejection, verifyServer } from './peer-verification.js';
import { refuseRenegotiation } from './connection-faults.js';
import { adviseOnSettings } from './settings-advice.js';
import { checkApplication, checkOutcome, checkParameters } from './rejections.js';
import { clientRequestFlags } from '../credential/session-flags.js';

/** A client: it says the first word, and verifies the server it wanted. */
export class ClientSide implements ConnectionSide {
  readonly role = 'client';
  readonly admission = null;
  readonly #settings: ClientSettings;
  readonly #credential: ClientCredential;
  #servername: string;

  readonly #platform: NativePlatform;
  readonly #socket: Socket | null;

  /** @param socket named to those who follow verifications */
  constructor(settings: ClientSettings, platform: NativePlatform, socket: Socket | null = null) {
    this.#settings = settings;
    this.#platform = platform;
    this.#socket = socket;
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

  /** Tickets of TLS 1.3 are reported when they come. */
  get reportsTickets(): boolean {
    return capabilitiesOf(this.#platform).tickets;
  }

  get demands(): PeerDemands {
    return { requestCert: true, rejectUnauthorized: this.#settings.rejectUnauthorized };
  }

  /** A stapled OCSP response was asked for. */
  get requestsOCSP(): boolean {
    return this.#settings.requestOCSP;
  }

  /** Another name for SNI; without effect once the handshake has begun. What the certificate has to be for remains. */
  setServername(servername: string): void {
    this.#servername = sniName(servername);
    this.#credential.servername = this.#servername;
  }

  open(): SessionOpening | Promise<SessionOpening> {
    const credential = this.#credential.acquire();
    return 'then' in credential
      ? credential.then((acquired) => this.#opening(acquired))
      : this.#opening(credential);
  }

  #opening(credential: NativeCredential): SessionOpening {
    const { alpnProtocols, hostname } = this.#settings;
    const { chooses, resumes } = this.#credential;
    const request = {
      targetName: targetName(this.#servername, hostname),
      requestFlags: clientRequestFlags(chooses),
      alpnProtocols,
      resumes,
    };
    return { credential, request, choose: chooses ? (issuers) => this.#credential.choose(issuers) : null };
  }

  checkNegotiated(info: NativeSessionInfo): Rejection | null {
    const { context, alpnProtocols, minDHSize } = this.#settings;
    return (
      checkOutcome(info, context, 'client') ??
      checkApplication(info, alpnProtocols) ??
      checkParameters(info, minDHSize)
    );
  }

  async checkPeer(
    session: NativeSession,
    info: NativeSessionInfo,
    { rejectUnauthorized }: PeerDemands,
  ): Promise<PeerDecision> {
    const { context, hostname, checkServerIdentity, pins } = this.#settings;
    const certificates = info.peerCertificates;
    const verification = await verifyServer({
      session,
      context,
      certificates,
      hostname,
      checkServerIdentity,
      pins,
      socket: this.#socket,
    });
    return { verification, rejection: serverRejection(verification, certificates, rejectUnauthorized) };
  }

  requestClientCertificate(): never {
    throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'only a server asks for a certificate', {
      advice: 'A client has the certificate of its server from the handshake on.',
    });
  }

  renegotiate(info: NativeSessionInfo): null {
    refuseRenegotiation(info, this.#platform);
    return null;
  }

  advise(error: Error): Promise<void> | null {
    return adviseOnSettings(error, { role: 'client', protocols: this.#settings.context.protocols });
  }

  release(): void {
    this.#credential.release();
  }
}
