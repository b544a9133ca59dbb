import { credentials } from '../../../tls/credential/credentials.js';
import { createSecureContext, type SecureContext } from '../../../tls/secure-context/secure-context.js';
import type { TlsChallenges } from '../../../tls/socket/server-options.js';
import type { KeySet } from '../../../windows/temporary-identity/key-set.js';
import type { Identifier } from '../protocol/resources.js';
import {
  type ChallengeCertificate,
  challengeCertificate,
  challengeServername,
} from './challenge-certificate.js';
import { refusesWildcards, textOf } from './plan.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from './solver.js';

export interface TlsAlpnOptions {
  /**
   * Where Windows keeps the key of the challenges while they are open: as the option of createServer(). Default 'user'.
   */
  readonly temporaryKeys?: KeySet | undefined;
}

/** How certificates of challenges get to Schannel, and away again. */
export interface ChallengeContexts {
  /** @throws SchannelError if Windows can't use the key: better now than when the ACME server comes */
  open(certificate: ChallengeCertificate): Promise<SecureContext>;
  close(context: SecureContext): void;
}

/** What answers TLS-ALPN-01: for an order it is a solver, for a server its option `challenges`. */
export type TlsAlpnSolver = ChallengeSolver & TlsChallenges;

/**
 * Answers TLS-ALPN-01 (RFC 8737) in the process that serves: give it to an order as a solver, and to the server on port
 * 443 as its option `challenges`. The server answers beside its other connections. Nothing may end TLS before it.
 */
export const tlsAlpn = ({ temporaryKeys = 'user' }: TlsAlpnOptions = {}): TlsAlpnSolver =>
  new OpenChallenges(inSchannel(temporaryKeys));

/** The open challenges of this process. */
export class OpenChallenges implements TlsAlpnSolver {
  readonly name = 'tls-alpn-01';
  readonly types = ['tls-alpn-01'];
  readonly #contexts: ChallengeContexts;
  /** By the name that the ACME server will ask for. */
  readonly #open = new Map<string, { readonly keyAuthorization: string; readonly context: SecureContext }>();

  constructor(contexts: ChallengeContexts) {
    this.#contexts = contexts;
  }

  refuses(name: Identifier): string | null {
    return refusesWildcards(name);
  }

  contextFor(servername: string): SecureContext | null {
    return this.#open.get(servername)?.context ?? null;
  }

  plan({ name, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> {
    return Promise.resolve({ type: name.type, value: name.value, keyAuthorization });
  }

  /** An earlier challenge for the name is over. @throws SchannelError if Windows can't use the key */
  async show(plan: ChallengePlan): Promise<ChallengePlan> {
    const { identifier, servername, keyAuthorization } = partsOf(plan);
    const context = await this.#contexts.open(await challengeCertificate(identifier, keyAuthorization));
    this.#close(servername);
    this.#open.set(servername, { keyAuthorization, context });
    return plan;
  }

  /** What another process has shown went with it. */
  undo(plan: ChallengePlan): Promise<void> {
    const { servername, keyAuthorization } = partsOf(plan);
    if (this.#open.get(servername)?.keyAuthorization === keyAuthorization) this.#close(servername);
    return Promise.resolve();
  }

  #close(servername: string): void {
    const found = this.#open.get(servername);
    this.#open.delete(servername);
    if (found !== undefined) this.#contexts.close(found.context);
  }
}

interface Parts {
  readonly identifier: Identifier;
  readonly servername: string;
  readonly keyAuthorization: string;
}

function partsOf(plan: ChallengePlan): Parts {
  const identifier = { type: plan['type'] === 'ip' ? 'ip' : 'dns', value: textOf(plan, 'value') } as const;
  return {
    identifier,
    servername: challengeServername(identifier),
    keyAuthorization: textOf(plan, 'keyAuthorization'),
  };
}

/** As credentials of Schannel, which are tried at once. */
const inSchannel = (temporaryKeys: KeySet): ChallengeContexts => ({
  async open(certificate) {
    const context = createSecureContext({ ...certificate, temporaryKeys });
    const use = { role: 'server', requestCert: false } as const;
    (await credentials().acquire(context, context.identity, use)).release();
    return context;
  },
  close({ identity }) {
    // It always is of files. The key leaves Windows with the last connection that shows it.
    if (identity.kind === 'files') credentials().retire(identity);
  },
});
