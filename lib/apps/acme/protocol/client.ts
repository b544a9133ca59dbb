import * as https from '../../../adapters/https/index.js';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { type AccountKey, dnsAuthorization, jwkOf, keyAuthorization } from './account-key.js';
import { readChain } from './chain.js';
import { bindExternalAccount, type JwsSender, signJws } from './jws.js';
import { isProblem, problemError, problemInside } from './problem.js';
import { certificateId, readRenewalInfo, type RenewalInfo } from './renewal-info.js';
import {
  type Authorization,
  type Challenge,
  type Directory,
  type Identifier,
  type Order,
  readAuthorization,
  readDirectory,
  readOrder,
  unusable,
} from './resources.js';
import { textIn, textsIn } from '../http/json.js';
import { type AcmeAnswer, AcmeSession, withJson } from './session.js';
import { type AcmeTransport, checkedUrl, httpsTransport, transportFor } from '../http/transport.js';

export interface AcmeClientOptions {
  /** URL of the server's directory. */
  readonly directory: string;
  /** How requests are sent. Default: over Schannel, trusting what Windows trusts. */
  readonly transport?: AcmeTransport | undefined;
  /** The account's key: RSA, P-256 or P-384. It may be in Windows or in a TPM. */
  readonly accountKey: AccountKey;
  /** The account's URL, if it is known. Default: {@link AcmeClient.findAccount} or {@link AcmeClient.register}. */
  readonly account?: string | undefined;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface RegisterOptions {
  /** 'mailto:anna@bar.example'. Default none. */
  readonly contact?: readonly string[] | undefined;
  /** There is no default: only a person can agree. */
  readonly termsOfServiceAgreed: boolean;
  /** What ties the account to one that the authority knows: its identifier and key, base64url (RFC 8555 §7.3.4). */
  readonly externalAccount?: { readonly kid: string; readonly macKey: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OrderOptions {
  readonly identifiers: readonly Identifier[];
  /** One of the directory's. Default the server's choice. */
  readonly profile?: string | undefined;
  /** The certificate (DER) that the new one replaces: such orders are not limited (RFC 9773 §5). */
  readonly replaces?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A certificate with those above it; never the root. */
export type Chain = readonly CertificateContents[];

/** What a server knows of an account (RFC 8555 §7.1.2). It is not shortened, and may contain anything. */
export interface AccountFacts {
  /** 'valid', 'deactivated' or 'revoked'. */
  readonly status: string;
  readonly contact: readonly string[];
  /** Where its orders are listed; '' if they are not. */
  readonly orders: string;
}

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

interface Waiting extends Signalled {
  /** Until when to wait. Default: for ten minutes. */
  readonly until?: Date | undefined;
}

/** How long an order may take in all, in milliseconds. */
const PATIENCE_MS = 600_000;
/** How long to wait if the server does not say, and the most if it says something else. */
const POLL_MS = 1000;
const LONGEST_POLL_MS = 60_000;

/** How many other chains of an order are asked for. */
const MOST_ALTERNATES = 5;

const MOST_CONTACTS = 100;

/** How much of the list of orders is read. */
const MOST_ORDERS = 100;
const MOST_PAGES = 10;

/** What an ACME server offers. It needs no account. @throws as {@link AcmeClient.open} */
export const fetchDirectory = async (
  options: Pick<AcmeClientOptions, 'directory' | 'transport' | 'clock' | 'signal'>,
): Promise<Directory> => (await openDirectory(options, options.clock ?? SYSTEM_CLOCK)).directory;

async function openDirectory(
  { directory, transport = httpsTransport(https), signal }: Parameters<typeof fetchDirectory>[0],
  clock: Clock,
): Promise<{ readonly directory: Directory; readonly transport: AcmeTransport }> {
  const url = checkedUrl(directory);
  const chosen = transportFor(url, transport);
  const response = await chosen({ method: 'GET', url: url.href, signal });
  if (response.status >= 400) throw problemError(response, 'The directory could not be read');
  if (response.status !== 200) throw unusable('a redirect instead of its directory');
  return { directory: readDirectory(withJson(response, clock).document), transport: chosen };
}

/**
 * A client of ACME (RFC 8555) that signs with a key which it never sees.
 *
 * Every method throws SchannelError ERR_SCHANNEL_ACME_… with the server's `problem`, and ERR_SCHANNEL_ACME_ANSWER for
 * what no ACME server sends. Nothing waits unless its name says so.
 */
export class AcmeClient {
  readonly directory: Directory;
  readonly #directoryUrl: string;
  readonly #transport: AcmeTransport;
  readonly #session: AcmeSession;
  readonly #clock: Clock;
  #key: AccountKey;
  #account: string | null;

  private constructor(
    directory: Directory,
    options: AcmeClientOptions,
    transport: AcmeTransport,
    clock: Clock,
  ) {
    this.directory = directory;
    this.#directoryUrl = options.directory;
    this.#transport = transport;
    this.#session = new AcmeSession(transport, clock, directory.newNonce);
    this.#clock = clock;
    this.#key = options.accountKey;
    this.#account = options.account ?? null;
  }

  /** Reads the directory. @throws SchannelError ERR_SCHANNEL_ACME_ANSWER, ERR_SCHANNEL_ACME_SERVER */
  static async open(options: AcmeClientOptions): Promise<AcmeClient> {
    const { clock = SYSTEM_CLOCK } = options;
    const { directory, transport } = await openDirectory(options, clock);
    return new AcmeClient(directory, options, transport, clock);
  }

  /** The account's URL. @throws SchannelError ERR_SCHANNEL_ACME_ACCOUNT if there is none yet */
  get account(): string {
    if (this.#account !== null) return this.#account;
    throw new SchannelError('ERR_SCHANNEL_ACME_ACCOUNT', `There is no account yet at ${this.#directoryUrl}`, {
      advice: 'Register one, or find the one of this key.',
    });
  }

  /** How many signed requests were sent. */
  get requests(): number {
    return this.#session.requests;
  }

  /**
   * Registers an account, or finds the one that the key has.
   *
   * @returns its URL
   * @throws SchannelError ERR_SCHANNEL_ACME_TERMS, ERR_SCHANNEL_ACME_ACCOUNT
   */
  async register(options: RegisterOptions): Promise<string> {
    const { contact = [], termsOfServiceAgreed, externalAccount, signal } = options;
    const { newAccount, termsOfService, externalAccountRequired } = this.directory;
    if (termsOfService !== null && !termsOfServiceAgreed) throw termsNotAgreed(termsOfService);
    if (externalAccountRequired && externalAccount === undefined) throw externalAccountMissing();
    const { publicKey } = this.#key;
    const payload = {
      termsOfServiceAgreed,
      ...(contact.length > 0 && { contact }),
      ...(externalAccount !== undefined && {
        externalAccountBinding: bindExternalAccount(externalAccount, publicKey, newAccount),
      }),
    };
    return this.#accountOf(await this.#newAccount(payload, 'The account was not registered', signal));
  }

  /** The URL of the account that the key has; null if it has none. */
  async findAccount({ signal }: Signalled = {}): Promise<string | null> {
    try {
      const payload = { onlyReturnExisting: true };
      return this.#accountOf(await this.#newAccount(payload, 'The account was not found', signal));
    } catch (error) {
      if (isProblem(error, 'accountDoesNotExist')) return null;
      throw error;
    }
  }

  /** What the server knows of the account. */
  async accountFacts({ signal }: Signalled = {}): Promise<AccountFacts> {
    const what = 'The account could not be read';
    // Without members, nothing is changed (RFC 8555 §7.3.2).
    const { document } = await this.#ask(this.account, {}, what, signal);
    return {
      status: textIn(document, 'status'),
      contact: textsIn(document, 'contact').slice(0, MOST_CONTACTS),
      orders: textIn(document, 'orders'),
    };
  }

  /** Ends the account for good (RFC 8555 §7.3.6). */
  async deactivate({ signal }: Signalled = {}): Promise<void> {
    await this.#ask(this.account, { status: 'deactivated' }, 'The account was not deactivated', signal);
    this.#account = null;
  }

  /** Gives the account another key (RFC 8555 §7.3.5). The old one is of no use after that. */
  async changeKey(key: AccountKey, { signal }: Signalled = {}): Promise<void> {
    const { keyChange } = this.directory;
    const inner = await signJws(
      key,
      { jwk: jwkOf(key.publicKey) },
      { url: keyChange },
      { account: this.account, oldKey: jwkOf(this.#key.publicKey) },
    );
    // The answer is the account, or nothing.
    await this.#session.post(this.#key, { kid: this.account }, keyChange, inner, {
      what: "The account's key was not changed",
      signal,
    });
    this.#key = key;
  }

  /** Orders a certificate. @throws SchannelError ERR_SCHANNEL_ACME_RATE_LIMITED, ERR_SCHANNEL_ACME_IDENTIFIER, … */
  async newOrder({ identifiers, profile, replaces, signal }: OrderOptions): Promise<Order> {
    const replaced = replaces === undefined ? null : certificateId(replaces);
    const payload = {
      identifiers,
      ...(profile !== undefined && { profile }),
      ...(replaced !== null && this.directory.renewalInfo !== null && { replaces: replaced }),
    };
    const answer = await this.#ask(this.directory.newOrder, payload, 'The order was not accepted', signal);
    const { location } = answer.headers;
    if (location === undefined) throw unusable('an order without its address');
    return readOrder(checkedUrl(location).href, answer.document, answer.retryAfter);
  }

  /**
   * URLs of the account's orders that are under way (RFC 8555 §7.1.2.1), at most a hundred. Empty if the server has no
   * such list: Let's Encrypt has none, and gives back an open order that is sent again.
   */
  async orders({ signal }: Signalled = {}): Promise<readonly string[]> {
    const what = 'The orders of the account could not be read';
    let next = (await this.accountFacts({ signal })).orders;
    const found: string[] = [];
    for (let page = 0; next !== '' && page < MOST_PAGES && found.length < MOST_ORDERS; page += 1) {
      const answer = await this.#ask(checkedUrl(next).href, null, what, signal);
      found.push(...textsIn(answer.document, 'orders').map((url) => checkedUrl(url).href));
      [next = ''] = linksIn(answer.headers['link'], 'next', next);
    }
    return found.slice(0, MOST_ORDERS);
  }

  async order(url: string, { signal }: Signalled = {}): Promise<Order> {
    const { document, retryAfter } = await this.#ask(url, null, 'The order could not be read', signal);
    return readOrder(url, document, retryAfter);
  }

  async authorization(url: string, { signal }: Signalled = {}): Promise<Authorization> {
    const { document, retryAfter } = await this.#ask(
      url,
      null,
      'The authorization could not be read',
      signal,
    );
    return readAuthorization(url, document, retryAfter);
  }

  /** What a peer has to be shown for a challenge. */
  proofFor({ token }: Pick<Challenge, 'token'>): { readonly keyAuthorization: string; readonly txt: string } {
    const { publicKey } = this.#key;
    return { keyAuthorization: keyAuthorization(token, publicKey), txt: dnsAuthorization(token, publicKey) };
  }

  /** Says that the server may look at a challenge. */
  async accept({ url }: Pick<Challenge, 'url'>, { signal }: Signalled = {}): Promise<void> {
    await this.#ask(url, {}, 'The challenge was not accepted', signal);
  }

  /** Gives up an authorization that is no longer wanted (RFC 8555 §7.5.2). */
  async giveUp(authorization: string, { signal }: Signalled = {}): Promise<void> {
    await this.#ask(authorization, { status: 'deactivated' }, 'The authorization was not given up', signal);
  }

  /** Sends the request for the certificate. @param request PKCS #10, DER */
  async finalize(
    { url, finalize }: Pick<Order, 'url' | 'finalize'>,
    request: Uint8Array,
    { signal }: Signalled = {},
  ): Promise<Order> {
    const csr = Buffer.from(request).toString('base64url');
    const answer = await this.#ask(finalize, { csr }, 'The request was not accepted', signal);
    return readOrder(url, answer.document, answer.retryAfter);
  }

  /**
   * Waits until the server has looked at the challenges of an authorization.
   *
   * @throws SchannelError with the code of what the server found: ERR_SCHANNEL_ACME_DNS, …
   */
  async waitForAuthorization(url: string, { signal, until }: Waiting = {}): Promise<Authorization> {
    const found = await this.#poll(
      () => this.authorization(url, { signal }),
      ({ status }) => status !== 'pending',
      { signal, until },
    );
    if (found.status === 'valid') return found;
    const failed = found.challenges.find(({ error }) => error !== null);
    const what = `${nameOf(found)} was not confirmed`;
    if (failed?.error !== undefined && failed.error !== null) throw problemInside(failed.error, what);
    throw new SchannelError('ERR_SCHANNEL_ACME_ORDER', `${what}: the authorization is ${found.status}`, {
      advice: 'Begin again with a new order.',
    });
  }

  /** Waits while the server processes an order. @throws SchannelError ERR_SCHANNEL_ACME_ORDER if it becomes invalid */
  async waitForOrder(
    url: string,
    wanted: 'ready' | 'valid',
    { signal, until }: Waiting = {},
  ): Promise<Order> {
    const found = await this.#poll(
      () => this.order(url, { signal }),
      ({ status }) => status === wanted || status === 'valid' || status === 'invalid',
      { signal, until },
    );
    if (found.status !== 'invalid') return found;
    const what = `The order for ${found.identifiers.map(({ value }) => value).join(', ')} failed`;
    if (found.error !== null) throw problemInside(found.error, what);
    throw new SchannelError('ERR_SCHANNEL_ACME_ORDER', what, { advice: 'Begin again with a new order.' });
  }

  /**
   * The certificate of a valid order with its chain, and the other chains that the server has.
   *
   * @throws SchannelError ERR_SCHANNEL_ACME_ANSWER for a chain that is out of order
   */
  async download(
    { certificate }: Pick<Order, 'certificate'>,
    { signal }: Signalled = {},
  ): Promise<readonly Chain[]> {
    if (certificate === null) throw unusable('an order without a certificate');
    const what = 'The certificate could not be read';
    const first = await this.#chain(certificate, what, signal);
    const others: Chain[] = [];
    for (const url of first.alternates) {
      try {
        others.push((await this.#chain(url, what, signal)).chain);
      } catch (error) {
        // The first one is good. Another one only matters to those who prefer it.
        if (signal?.aborted === true) throw error;
      }
    }
    return [first.chain, ...others];
  }

  /**
   * When the server suggests to renew a certificate.
   *
   * @param certificate DER
   * @returns null if the server does not say
   */
  async renewalInfo(certificate: Uint8Array, { signal }: Signalled = {}): Promise<RenewalInfo | null> {
    const { renewalInfo } = this.directory;
    const id = certificateId(certificate);
    if (renewalInfo === null || id === null) return null;
    const response = await this.#transport({ method: 'GET', url: `${renewalInfo}/${id}`, signal });
    const now = new Date(this.#clock.now());
    if (response.status >= 400) throw problemError(response, 'The time to renew could not be read', now);
    const { document, retryAfter } = withJson(response, this.#clock);
    return readRenewalInfo(document, retryAfter, now);
  }

  /**
   * Revokes a certificate. One that is revoked already counts as done.
   *
   * @param certificate DER
   * @param reason RFC 5280 §5.3.1; authorities take 0, 1, 4 and 5
   * @param certificateKey its own key, if the account is lost. Default: the account signs
   */
  async revoke(
    certificate: Uint8Array,
    {
      reason = 0,
      certificateKey,
      signal,
    }: { readonly reason?: number; readonly certificateKey?: AccountKey } & Signalled = {},
  ): Promise<void> {
    const payload = { certificate: Buffer.from(certificate).toString('base64url'), reason };
    const key = certificateKey ?? this.#key;
    const sender: JwsSender =
      certificateKey === undefined ? { kid: this.account } : { jwk: jwkOf(certificateKey.publicKey) };
    try {
      await this.#session.post(key, sender, this.directory.revokeCert, payload, {
        what: 'The certificate was not revoked',
        signal,
      });
    } catch (error) {
      if (!isProblem(error, 'alreadyRevoked')) throw error;
    }
  }

  async #chain(
    url: string,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly chain: Chain; readonly alternates: readonly string[] }> {
    const response = await this.#session.post(this.#key, { kid: this.account }, url, null, {
      what,
      signal,
      accept: 'application/pem-certificate-chain',
    });
    return {
      chain: readChain(response.body),
      alternates: linksIn(response.headers['link'], 'alternate', url),
    };
  }

  #newAccount(payload: object, what: string, signal: AbortSignal | undefined): Promise<AcmeAnswer> {
    const sender = { jwk: jwkOf(this.#key.publicKey) };
    return this.#session.postJson(this.#key, sender, this.directory.newAccount, payload, { what, signal });
  }

  #accountOf({ headers, document }: AcmeAnswer): string {
    const { location } = headers;
    if (location === undefined) throw unusable('an account without its address');
    if (document['status'] !== undefined && document['status'] !== 'valid') {
      throw new SchannelError('ERR_SCHANNEL_ACME_ACCOUNT', 'The account was deactivated or revoked', {
        advice: 'Register a new account, with a new key.',
      });
    }
    this.#account = checkedUrl(location).href;
    return this.#account;
  }

  #ask(
    url: string,
    payload: object | null,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<AcmeAnswer> {
    return this.#session.postJson(this.#key, { kid: this.account }, url, payload, { what, signal });
  }

  async #poll<Found extends { readonly retryAfter: Date | null }>(
    look: () => Promise<Found>,
    isDone: (found: Found) => boolean,
    { signal, until }: Waiting,
  ): Promise<Found> {
    const end = until?.getTime() ?? this.#clock.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (isDone(found)) return found;
      const now = this.#clock.now();
      if (now >= end) throw tookTooLong();
      const wait = found.retryAfter === null ? POLL_MS : found.retryAfter.getTime() - now;
      const next = now + Math.min(Math.max(wait, POLL_MS), LONGEST_POLL_MS);
      await this.#session.wait(new Date(Math.min(next, end)), signal);
    }
  }
}

/** Link: <…>;rel="alternate" (RFC 8555 §7.4.2). */
function linksIn(
  header: string | undefined,
  relation: 'alternate' | 'next',
  base: string,
): readonly string[] {
  const links = (header ?? '').slice(0, 10_000).matchAll(/<([^<>]{1,2048})>\s*;\s*rel="?([a-z]+)"?/g);
  return [...links]
    .filter(([, , rel]) => rel === relation)
    .map(([, target = '']) => (URL.canParse(target, base) ? new URL(target, base).href : ''))
    .filter((url) => url !== '')
    .slice(0, MOST_ALTERNATES);
}

const nameOf = ({ identifier, wildcard }: Authorization): string =>
  wildcard ? `*.${identifier.value}` : identifier.value;

const termsNotAgreed = (url: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_TERMS',
    `The ACME server has terms that nobody has agreed to: ${printable(url)}`,
    {
      advice: 'Read them, and agree with `termsOfServiceAgreed: true`.',
    },
  );

const externalAccountMissing = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_ACCOUNT',
    'The ACME server only accepts accounts that it knows already',
    {
      advice: 'Give `externalAccount`: the key identifier and the key that the authority has issued.',
    },
  );

const tookTooLong = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ORDER', 'The ACME server has not decided in time', {
    advice: 'Try again later: the order goes on where it is.',
  });
