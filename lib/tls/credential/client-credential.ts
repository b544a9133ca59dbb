import type { Lease } from '../../base/async/lease-cache.js';
import type { NativeCredential, NativePlatform } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type { FixedIdentity, Identity } from '../identity/identity.js';
import { askSelector } from '../identity/selector.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import type { Credential } from './credential-cache.js';
import type { CredentialUse } from './credential-request.js';
import { credentials } from './credentials.js';

/** The credential of a client's connection, and the one that replaces it when a certificate is chosen. */
export class ClientCredential {
  readonly #context: SecureContext;
  /** Passed to the function that chooses a certificate. */
  servername: string;
  readonly #platform: NativePlatform;
  /** The last one is used. The first made the native session, and is released with it. */
  readonly #requestOCSP: boolean;
  readonly #leases: Lease<Credential>[] = [];
  #released = false;

  /** @param requestOCSP the server is asked for a stapled response */
  constructor(context: SecureContext, servername: string, platform: NativePlatform, requestOCSP = false) {
    this.#context = context;
    this.servername = servername;
    this.#requestOCSP = requestOCSP;
    this.#platform = platform;
  }

  /** Call choose() when the server asks for a certificate. */
  get chooses(): boolean {
    return this.#context.identity.kind === 'selector' && capabilitiesOf(this.#platform).certificateRequests;
  }

  /**
   * Windows may resume a session. Not if a function chooses the certificate: a resumed session would use what the
   * function chose for another connection, without asking it.
   */
  get resumes(): boolean {
    return this.#context.identity.kind !== 'selector' || !capabilitiesOf(this.#platform).reconnectControl;
  }

  /** DER of our certificates; none before acquire(). */
  get certificates(): readonly Uint8Array[] {
    return this.#leases.at(-1)?.resource.certificates ?? [];
  }

  /**
   * For the first flight; at once if there is one.
   * @throws SchannelError if none can be acquired; what a selector throws
   */
  acquire(): NativeCredential | Promise<NativeCredential> {
    const { identity } = this.#context;
    // Wine can't defer the choice, so the function is asked before the handshake.
    const isAskedNow = identity.kind === 'selector' && !this.chooses;
    if (isAskedNow) return this.#ask(null).then((chosen) => this.#lease(chosen ?? identity));
    const held = credentials().held(this.#context, identity, this.#use);
    return held ? this.#keep(held) : this.#lease(identity);
  }

  /**
   * For a server that asks for a certificate.
   * @param issuers DER of the names it accepts; null if Windows doesn't report them
   * @returns null to show none
   * @throws as {@link acquire}
   */
  async choose(issuers: readonly Uint8Array[] | null): Promise<NativeCredential | null> {
    const chosen = await this.#ask(issuers);
    return chosen && this.#lease(chosen);
  }

  /** Idempotent. Close the native session first. */
  release(): void {
    this.#released = true;
    for (const lease of this.#leases.splice(0)) lease.release();
  }

  async #ask(issuers: readonly Uint8Array[] | null): Promise<FixedIdentity | null> {
    const { identity } = this.#context;
    if (identity.kind !== 'selector') return null;
    const choice = await askSelector(identity.select, { issuers, servername: this.servername });
    return choice && { kind: 'certificate', certificate: choice };
  }

  async #lease(identity: Identity): Promise<NativeCredential> {
    return this.#keep(await credentials().acquire(this.#context, identity, this.#use));
  }

  get #use(): CredentialUse {
    return { role: 'client', requestOCSP: this.#requestOCSP, resumes: this.resumes };
  }

  #keep(lease: Lease<Credential>): NativeCredential {
    if (this.#released) lease.release();
    else this.#leases.push(lease);
    return lease.resource.native;
  }
}
