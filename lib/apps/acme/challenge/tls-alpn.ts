import path from 'node:path';
import { credentials } from '../../../tls/credential/credentials.js';
import { createSecureContext, type SecureContext } from '../../../tls/secure-context/secure-context.js';
import type { TlsChallenges } from '../../../tls/socket/server-options.js';
import type { KeySet } from '../../../windows/temporary-identity/key-set.js';
import type { Identifier } from '../protocol/resources.js';
import { type Answers, answersInFolder, answersInMemory } from './answers.js';
import {
  type ChallengeCertificate,
  challengeCertificate,
  challengeServername,
} from './challenge-certificate.js';
import { askByTls, checkedPort, lookAtAnswers, type LocalLookOptions } from './local-look.js';
import { notShown, refusesWildcards, textOf } from './plan.js';
import type { ChallengeContext, ChallengePlan, ChallengeSolver, ChallengeTask } from './solver.js';

export interface TlsAlpnOptions extends LocalLookOptions {
  /**
   * A folder for the open challenges. Every process that has this folder answers all of them: the one that serves need
   * not be the one that has the order. Default: they are kept in the memory of this process.
   *
   * A new one is for this account, SYSTEM and the administrators. Give other accounts the right to read it if they run
   * the server. A folder that others can write to is refused: they could get certificates for this machine.
   */
  readonly folder?: string | undefined;
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
 *
 * @throws RangeError ERR_OUT_OF_RANGE
 */
export const tlsAlpn = ({ folder, temporaryKeys = 'user', port = 443 }: TlsAlpnOptions = {}): TlsAlpnSolver =>
  new OpenChallenges(inSchannel(temporaryKeys), checkedPort(port), folder);

interface OpenedChallenge {
  readonly keyAuthorization: string;
  readonly context: Promise<SecureContext>;
}

/** The open challenges, by the name that the ACME server will ask for. */
export class OpenChallenges implements TlsAlpnSolver {
  readonly name: string;
  readonly types = ['tls-alpn-01'];
  readonly #contexts: ChallengeContexts;
  readonly #port: number;
  /** Other processes have them, too. */
  readonly #isShared: boolean;
  /** Plans, as JSON. */
  readonly #answers: Answers;
  readonly #opened = new Map<string, OpenedChallenge>();

  constructor(contexts: ChallengeContexts, port: number, folder?: string) {
    this.name = folder === undefined ? 'tls-alpn-01' : `tls-alpn-01 by ${path.resolve(folder)}`;
    this.#contexts = contexts;
    this.#port = port;
    this.#isShared = folder !== undefined;
    this.#answers = folder === undefined ? answersInMemory() : answersInFolder(folder, 'tls');
  }

  refuses(name: Identifier): string | null {
    return refusesWildcards(name);
  }

  async contextFor(servername: string): Promise<SecureContext | null> {
    if (this.#isShared) await this.#closeEnded();
    const plan = await this.#planFor(servername);
    return plan === null ? null : this.#open(partsOf(plan));
  }

  plan({ name, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> {
    return Promise.resolve({ type: name.type, value: name.value, keyAuthorization });
  }

  /** An earlier challenge for the name is over. @throws SchannelError if Windows can't use the key */
  async show(plan: ChallengePlan): Promise<ChallengePlan> {
    const parts = partsOf(plan);
    try {
      await this.#answers.put(parts.servername, JSON.stringify(plan));
      // A process that doesn't serve needs no key in Windows.
      if (!this.#isShared) await this.#open(parts);
      return plan;
    } catch (error) {
      throw notShown(
        'The answer to TLS-ALPN-01 was not prepared',
        error,
        'Check the folder, its rights and the disk.',
      );
    }
  }

  settle(plans: readonly ChallengePlan[], context: ChallengeContext): Promise<void> {
    const ask = askByTls((plan) => partsOf(plan).servername);
    return lookAtAnswers(plans, ask, this.#port, context);
  }

  /** What another process had in memory went with it. */
  async undo(plan: ChallengePlan): Promise<void> {
    const { servername, keyAuthorization } = partsOf(plan);
    if (await this.#isShown(servername, keyAuthorization)) await this.#answers.remove(servername);
    if (this.#opened.get(servername)?.keyAuthorization === keyAuthorization) this.#close(servername);
  }

  /** One that can't be read is of no use to anybody. */
  async #isShown(servername: string, keyAuthorization: string): Promise<boolean> {
    try {
      const shown = await this.#planFor(servername);
      return shown !== null && partsOf(shown).keyAuthorization === keyAuthorization;
    } catch {
      return true;
    }
  }

  async #planFor(servername: string): Promise<ChallengePlan | null> {
    const text = await this.#answers.get(servername);
    return text === null ? null : (JSON.parse(text) as ChallengePlan);
  }

  /** An authority asks from several places at once: they get the same certificate. */
  #open({ identifier, servername, keyAuthorization }: Parts): Promise<SecureContext> {
    const opened = this.#opened.get(servername);
    if (opened?.keyAuthorization === keyAuthorization) return opened.context;
    this.#close(servername);
    const context = challengeCertificate(identifier, keyAuthorization).then((certificate) =>
      this.#contexts.open(certificate),
    );
    this.#opened.set(servername, { keyAuthorization, context });
    // The next client may have more luck.
    context.catch(() => {
      if (this.#opened.get(servername)?.context === context) this.#opened.delete(servername);
    });
    return context;
  }

  /** Another process has ended them. */
  async #closeEnded(): Promise<void> {
    for (const [servername, { keyAuthorization }] of [...this.#opened]) {
      const plan = await this.#planFor(servername);
      if (plan === null || partsOf(plan).keyAuthorization !== keyAuthorization) this.#close(servername);
    }
  }

  #close(servername: string): void {
    const found = this.#opened.get(servername);
    this.#opened.delete(servername);
    found?.context.then(
      (context) => {
        this.#contexts.close(context);
      },
      () => undefined,
    );
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
