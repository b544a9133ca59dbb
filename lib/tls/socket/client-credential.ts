import { findNewest } from '../identity/search.js';
import { askSelector } from '../identity/selector.js';
import type { IdentitySource } from '../identity/identity-source.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type { NativeCredential, NativePlatform } from '../../native/binding.js';
import type { Lease } from '../../base/async/lease-cache.js';
import type { Credential } from '../secure-context/credential-cache.js';
import { resources } from '../secure-context/resources.js';
import type { SecureContext } from '../secure-context/secure-context.js';

/** The credential of a client's connection, and the one that takes its place when a certificate is chosen. */
export class ClientCredential {
  readonly #context: SecureContext;
  /** Told to whoever chooses a certificate. */
  servername: string;
  readonly #platform: NativePlatform;
  /** The last one is shown. The first made the native session, and is given back with it. */
  readonly #leases: Lease<Credential>[] = [];
  #released = false;

  readonly #requestOCSP: boolean;

  /** @param requestOCSP the server is asked for a stapled response */
  constructor(context: SecureContext, servername: string, platform: NativePlatform, requestOCSP = false) {
    this.#context = context;
    this.servername = servername;
    this.#requestOCSP = requestOCSP;
    this.#platform = platform;
  }

  /** choose() is to be asked when the server wants a certificate. */
  get chooses(): boolean {
    return this.#context.identity.kind === 'selector' && capabilitiesOf(this.#platform).certificateRequests;
  }

  /**
   * Windows may resume a session. Never where a function chooses the certificate: one connection would come by what it
   * has chosen for another, without being asked.
   */
  get resumes(): boolean {
    return this.#context.identity.kind !== 'selector' || !capabilitiesOf(this.#platform).reconnectControl;
  }

  /** DER of the certificates that are ours; none before acquire(). */
  get certificates(): readonly Uint8Array[] {
    return this.#leases.at(-1)?.resource.certificates ?? [];
  }

  /** For the first flight. @throws SchannelError when there is none to be had; what a selector throws */
  async acquire(): Promise<NativeCredential> {
    const { identity } = this.#context;
    const { identities } = resources();
    if (identity.kind === 'search')
      return this.#lease(
        identities.ofCertificate({ stored: await findNewest(identity.search, 'clientAuth') }),
      );
    // Who cannot ask later asks now; whether the server will want a certificate is not known then.
    const isAskedNow = identity.kind === 'selector' && !this.chooses;
    return this.#lease((isAskedNow ? await this.#ask(null) : null) ?? identities.of(identity));
  }

  /**
   * For a server that asks for a certificate.
   * @param issuers DER of the names it accepts; null when Windows does not tell
   * @returns null to show none
   * @throws as {@link acquire}
   */
  async choose(issuers: readonly Uint8Array[] | null): Promise<NativeCredential | null> {
    const source = await this.#ask(issuers);
    return source && this.#lease(source);
  }

  /** Idempotent. The native session goes first. */
  release(): void {
    this.#released = true;
    for (const lease of this.#leases.splice(0)) lease.release();
  }

  async #ask(issuers: readonly Uint8Array[] | null): Promise<IdentitySource | null> {
    const { identity } = this.#context;
    if (identity.kind !== 'selector') return null;
    const choice = await askSelector(identity.select, { issuers, servername: this.servername });
    return choice && resources().identities.ofCertificate(choice);
  }

  async #lease(source: IdentitySource): Promise<NativeCredential> {
    const request = this.#context.credentialRequest(this.#platform, {
      requestOCSP: this.#requestOCSP,
      resumes: this.resumes,
    });
    const lease = await resources().credentials.lease(request, source);
    if (this.#released) lease.release();
    else this.#leases.push(lease);
    return lease.resource.native;
  }
}
