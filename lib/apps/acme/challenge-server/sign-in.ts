import type { IncomingMessage } from 'node:http';
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../base/async/clock.js';
import { SerialQueue } from '../../../base/async/serial-queue.js';
import { placeOf } from './addresses.js';
import { type ChallengeClient, checkedClient, type CheckedClient } from './client.js';
import { credentialsIn } from './credentials.js';
import { Refusal } from './refusal.js';
import { SecretChecker, type SecretHash } from './secret.js';
import { Tries } from './tries.js';

/** Where clients are looked up. */
export interface ClientSource {
  /** Null if there is none of this name. */
  find(name: string): Promise<ChallengeClient | null>;
}

/** Why somebody did not get in: for the log only. */
export class SignInRefusal extends Refusal {
  /** @param client null unless there is one of this name: a name that nobody has may be a secret in the wrong place */
  constructor(
    readonly client: string | null,
    readonly reason: string,
  ) {
    super(401, 'forbidden');
  }
}

/** Wrong tries within ten minutes. */
const MOST_OF_PLACE = 10;
const MOST_OF_CLIENT = 30;
const SPAN_MS = 600_000;

/** Secrets that wait to be checked. Each takes a tenth of a second. */
const MOST_WAITING = 32;

/** Finds out which client sends a request. */
export class SignIn {
  readonly #clients: ClientSource;
  readonly #checker: SecretChecker;
  readonly #places: Tries;
  readonly #names: Tries;
  readonly #queue = new SerialQueue();
  #waiting = 0;

  constructor(clients: ClientSource, clock: Clock, hash: SecretHash) {
    this.#clients = clients;
    this.#checker = new SecretChecker(hash);
    this.#places = new Tries(MOST_OF_PLACE, SPAN_MS, clock);
    this.#names = new Tries(MOST_OF_CLIENT, SPAN_MS, clock);
  }

  /**
   * A client that is not there is answered as one whose secret is wrong, after the same work.
   *
   * @param address of the connection
   * @throws Refusal 401, 429 after too many wrong tries, 503 if too many are at it
   */
  async clientOf(request: IncomingMessage, address: string): Promise<CheckedClient> {
    const place = placeOf(address);
    refuseFor(this.#places.wait(place));
    const credentials = credentialsIn(request.headers);
    if (credentials === null) {
      // It costs nothing, but each is a line in the log.
      this.#places.begin(place);
      throw new SignInRefusal(null, 'no user and secret');
    }
    const { name, secret } = credentials;
    const client = await this.#clients.find(name);
    if (client === null || !this.#checker.isKnown(client.secret, secret))
      await this.#check(client, place, credentials);
    // Callers in JavaScript may have any source.
    if (client === null) throw new SignInRefusal(null, 'unknown client');
    const checked = checkedClient(client);
    if (!checked.mayComeFrom(address)) throw new SignInRefusal(checked.name, 'not from its networks');
    if (!hasCertificate(request, checked.certificate))
      throw new SignInRefusal(checked.name, 'not by its certificate');
    return checked;
  }

  /** @throws Refusal */
  async #check(
    client: ChallengeClient | null,
    place: string,
    { name, secret }: { name: string; secret: string },
  ): Promise<void> {
    // Again, since others may have begun while the client was looked up.
    refuseFor(Math.max(this.#places.wait(place), this.#names.wait(name)));
    if (this.#waiting >= MOST_WAITING) throw new Refusal(503, 'busy', 1000);
    this.#waiting += 1;
    const counted = [
      [this.#places, place],
      [this.#names, name],
    ] as const;
    for (const [tries, key] of counted) tries.begin(key);
    try {
      const isRight = await this.#queue.run(() => this.#checker.isRight(client?.secret ?? null, secret));
      if (!isRight)
        throw new SignInRefusal(client?.name ?? null, client === null ? 'unknown client' : 'wrong secret');
      for (const [tries, key] of counted) tries.takeBack(key);
    } finally {
      this.#waiting -= 1;
    }
  }
}

function refuseFor(wait: number): void {
  if (wait > 0) throw new Refusal(429, 'too many wrong tries', wait);
}

/** What a TLS connection of Node or of this library has. */
interface SecureConnection {
  readonly authorized?: boolean;
  getPeerX509Certificate?(): X509Certificate | undefined;
}

/** The handshake has shown that the peer has the key. Names count only in certificates that were verified. */
function hasCertificate({ socket }: IncomingMessage, wanted: string | null): boolean {
  if (wanted === null) return true;
  const connection = socket as SecureConnection;
  const shown = connection.getPeerX509Certificate?.();
  if (shown === undefined) return false;
  if (!wanted.includes('.')) return shown.fingerprint256.replaceAll(':', '').toLowerCase() === wanted;
  return (
    connection.authorized === true &&
    shown.checkHost(wanted, { wildcards: false, subject: 'never' }) !== undefined
  );
}
