import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { endIfAborted } from '../../../base/errors/abort-error.js';
import { integerWithin } from '../../../base/errors/argument-error.js';
import { type ProblemDocument, SchannelError } from '../../../base/errors/schannel-error.js';
import { printableList } from '../../../base/text/printable.js';
import { requestedExtensions, signRequest } from '../../../formats/request/request-writer.js';
import { alternativeNames } from '../../../formats/x509/alternative-names.js';
import { EMPTY_NAME } from '../../../formats/x509/subject.js';
import type { Chain } from '../protocol/client.js';
import type { Identifier, Order } from '../protocol/resources.js';
import { type AnswerContext, proveNames, removeShown } from './answers.js';
import { checkedChain } from './checked-certificate.js';
import type { OrderJournal, OrderRecord } from './journal.js';
import type { CertificateKey, KeyPlan } from './keys.js';
import { exclusively, openJournal, removeKeys } from './leftovers.js';
import { OrderLog } from './log.js';
import { orderedNames, type OrderedNames } from './names.js';
import type { OrderRequest } from './options.js';

/** What was placed. */
export interface PlacedCertificate {
  readonly chain: Chain;
  readonly keyPlan: KeyPlan;
  readonly names: readonly Identifier[];
  /** URL of the order. */
  readonly order: string;
}

/** How often a request for a certificate is sent, if the server says each time that it has not got it. */
const MOST_REQUESTS = 3;

/** How many of the account's orders are looked at after a crash. */
const MOST_SEARCHED = 20;

/**
 * Gets one certificate: orders it, proves each name, makes the key, sends the request, checks the certificate and
 * places it. Every step is in the journal before anything outside changes. So if the process is killed at any moment,
 * the next call goes on with the same order, and removes what others could still see. It begins with what earlier
 * processes have left.
 *
 * There is one order at a time. If an attempt fails, the order stays in the journal until the server says that it is
 * dead, and its key as long.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for names, before anything is sent
 * @throws SchannelError
 * - ERR_SCHANNEL_ACME_STATE: the journal; nothing was sent
 * - ERR_SCHANNEL_ACME_CHALLENGE: a name that can't be proved here
 * - ERR_SCHANNEL_ACME_CERTIFICATE: the server has sent something else than was asked for
 * - ERR_SCHANNEL_ACME_…: what the server says; ERR_SCHANNEL_KEY_…, ERR_SCHANNEL_DNS_…
 * @throws AbortError, and what `place` throws
 */
export async function runOrder<Key extends CertificateKey>(
  request: OrderRequest<Key>,
): Promise<PlacedCertificate> {
  const { patience = 10, clock = SYSTEM_CLOCK } = request;
  integerWithin('options.patience', patience, 1, 1440);
  const ordered = orderedNames({ ...request, directory: request.client.directory });
  return exclusively(request.journal, async () => {
    const log = new OrderLog(request.log, clock);
    const journal = await openJournal(request.journal, log);
    const run = new OrderRun(request, ordered, { journal, log, clock, patienceMs: patience * 60_000 });
    return run.run();
  });
}

interface RunParts {
  readonly journal: OrderJournal;
  readonly log: OrderLog;
  readonly clock: Clock;
  readonly patienceMs: number;
}

/** One attempt. */
class OrderRun<Key extends CertificateKey> {
  readonly #request: OrderRequest<Key>;
  readonly #ordered: OrderedNames;
  readonly #journal: OrderJournal;
  readonly #log: OrderLog;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #until: Date | null = null;

  constructor(
    request: OrderRequest<Key>,
    ordered: OrderedNames,
    { journal, log, clock, patienceMs }: RunParts,
  ) {
    this.#request = request;
    this.#ordered = ordered;
    this.#journal = journal;
    this.#log = log;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  async run(): Promise<PlacedCertificate> {
    const { signal, keys } = this.#request;
    this.#log.order = this.#journal.record.order?.url ?? null;
    await removeShown(this.#answers());
    await removeKeys(this.#journal, keys, this.#log);
    endIfAborted(signal);
    try {
      const order = (await this.#resumed()) ?? (await this.#newOrder());
      return await this.#finish(await this.#ready(order));
    } catch (error) {
      this.#log.problem('failed', 'The attempt has failed', error);
      // The first failure is the one to report. The next attempt asks for the order again.
      await this.#dropIfDead(error).catch(() => undefined);
      throw error;
    }
  }

  /** The order of an earlier process, if it can go on; null if there is none. */
  async #resumed(): Promise<Order | null> {
    const { client, signal } = this.#request;
    const { order: record } = this.#journal.record;
    if (record === null) return null;
    if (!this.#isSame(record)) return this.#drop('was for other names, another profile or another account');
    if (record.url === null) return this.#found();
    let order;
    try {
      order = await client.order(record.url, { signal });
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.#drop('is not known to the server any more');
    }
    if (order.status === 'invalid') return this.#drop('is invalid');
    // A request with another key would be a second one. A certificate without its key is of no use.
    const needsKey = record.finalized || order.status === 'valid' || order.status === 'processing';
    if (needsKey && !(await this.#hasKey(record))) return this.#drop('was for a key that is gone');
    this.#log.step('resumed', `The order of an earlier attempt goes on: it is ${order.status}`);
    return order;
  }

  /** The order that was sent before the process could write down its address. */
  async #found(): Promise<Order | null> {
    const { client, signal } = this.#request;
    const urls = await client.orders({ signal }).catch((error: unknown) => {
      if (!isAnswer(error)) throw error;
      return [];
    });
    for (const url of urls.slice(-MOST_SEARCHED)) {
      const order = await client.order(url, { signal }).catch((error: unknown) => {
        if (!isGone(error)) throw error;
        return null;
      });
      const isOpen = order?.status === 'pending' || order?.status === 'ready';
      if (!isOpen || valuesOf(order.identifiers) !== valuesOf(this.#ordered.names)) continue;
      this.#log.order = url;
      await this.#journal.changeOrder({ url });
      this.#log.step('resumed', `The server has an order of an earlier attempt: it is ${order.status}`);
      return order;
    }
    return null;
  }

  async #hasKey({ key: plan }: OrderRecord): Promise<boolean> {
    const key = plan === null ? null : await this.#request.keys.open(plan);
    await key?.close();
    return key !== null;
  }

  #isSame({ account, names, profile }: OrderRecord): boolean {
    return (
      account === this.#request.client.account &&
      valuesOf(names) === valuesOf(this.#ordered.names) &&
      profile === this.#ordered.profile
    );
  }

  async #newOrder(): Promise<Order> {
    const { client, profile: required } = this.#request;
    const { names, profile } = this.#ordered;
    await this.#journal.change({
      order: {
        account: client.account,
        names,
        profile,
        url: null,
        key: null,
        finalized: false,
        refused: false,
      },
    });
    if (profile !== null && profile !== required)
      this.#log.step('note', `The profile "${profile}" of the server is used`);
    const order = await this.#orderOnce().catch(async (error: unknown) => {
      // A server that says no has no order.
      if (isAnswer(error) && error.problem.status < 500) await this.#journal.change({ order: null });
      throw error;
    });
    this.#log.order = order.url;
    await this.#journal.changeOrder({ url: order.url });
    this.#log.step('ordered', `A certificate for ${listed(names)} was ordered`);
    return order;
  }

  /** Servers refuse `replaces` for many reasons, and none of them is worth a certificate. */
  async #orderOnce(): Promise<Order> {
    const { client, replaces, signal } = this.#request;
    const { names, profile } = this.#ordered;
    const wishes = { identifiers: names, profile: profile ?? undefined, signal };
    if (replaces === undefined) return client.newOrder(wishes);
    try {
      return await client.newOrder({ ...wishes, replaces });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#log.problem('note', 'The order was refused as a renewal, and is sent as a new one', error);
      return client.newOrder(wishes);
    }
  }

  /** Proves the names. */
  async #ready(order: Order): Promise<Order> {
    const { client, signal } = this.#request;
    if (order.status !== 'pending') return order;
    await proveNames(order.authorizations, this.#answers());
    return client.waitForOrder(order.url, 'ready', { signal, until: this.#deadline() });
  }

  /** From an order whose names are proved. */
  async #finish(order: Order): Promise<PlacedCertificate> {
    const { keys, place, signal } = this.#request;
    const known = this.#journal.record.order?.key ?? null;
    const keyPlan = known ?? keys.plan();
    // The name of the key is in the journal before there is a key.
    if (known === null) await this.#journal.changeOrder({ key: keyPlan });
    endIfAborted(signal);
    const key = (await keys.open(keyPlan)) ?? (await keys.make(keyPlan));
    try {
      this.#log.step('key', 'The key of the certificate is there');
      const valid = await this.#finalized(order, key);
      const chain = await this.#download(valid, key);
      const { names, profile } = this.#ordered;
      await place({ chain, key, keyPlan, names, order: order.url, profile });
      this.#log.step('placed', `The certificate for ${listed(names)} is in its place`);
      await this.#journal.change({ order: null });
      return { chain, keyPlan, names, order: order.url };
    } finally {
      await key.close();
    }
  }

  /** Sends the request, unless the server has it already. */
  async #finalized(order: Order, key: Key): Promise<Order> {
    const { client, signal } = this.#request;
    let now = order;
    if (now.status === 'ready') {
      const csr = await requestFor(this.#ordered.names, key);
      await this.#journal.changeOrder({ finalized: true });
      for (let sent = 1; now.status === 'ready'; sent += 1) {
        now = await this.#sendRequest(now, csr, sent === MOST_REQUESTS);
      }
      this.#log.step('finalized', 'The request for the certificate was sent');
    }
    if (now.status === 'valid') return now;
    return client.waitForOrder(order.url, 'valid', { signal, until: this.#deadline() });
  }

  /** If no answer comes, the server may still have the request: only the order can tell. */
  async #sendRequest(order: Order, csr: Buffer, isLast: boolean): Promise<Order> {
    const { client, signal } = this.#request;
    try {
      const answered = await client.finalize(order, csr, { signal });
      // A server that accepts it and still says "ready" has yet to begin.
      return answered.status === 'ready' ? { ...answered, status: 'processing' } : answered;
    } catch (error) {
      if (signal?.aborted === true || !isUnclear(error)) throw error;
      this.#log.problem('note', 'No answer came to the request for the certificate', error);
      const found = await client.order(order.url, { signal });
      if (found.status === 'ready' && (isLast || isAnswer(error))) throw error;
      return found;
    }
  }

  async #download(order: Order, { publicKey }: Key): Promise<Chain> {
    const { client, signal, preferredChain } = this.#request;
    try {
      const chains = await client.download(order, { signal });
      const now = new Date(this.#clock.now());
      const { names } = this.#ordered;
      const chain = checkedChain(chains, { publicKey, names, now, preferredChain });
      this.#log.step('downloaded', `The certificate for ${listed(names)} was downloaded and is as ordered`);
      return chain;
    } catch (error) {
      throw brokenChain(error);
    }
  }

  /**
   * Gives up an order that can't become a certificate any more.
   *
   * A certificate that was refused is asked for once more by the next attempt: a clock may have been set by then.
   */
  async #dropIfDead(error: unknown): Promise<void> {
    const { order } = this.#journal.record;
    if (!(error instanceof SchannelError) || order?.url == null) return;
    if (error.code === 'ERR_SCHANNEL_ACME_CERTIFICATE') {
      if (order.refused) await this.#drop('has a certificate that can not be used');
      else await this.#journal.changeOrder({ refused: true });
      return;
    }
    if (error.code === 'ERR_SCHANNEL_ACME_REQUEST') {
      await this.#drop('was refused with its request');
      return;
    }
    if (error.problem === undefined && error.code !== 'ERR_SCHANNEL_ACME_ORDER') return;
    if (error.code === 'ERR_SCHANNEL_ACME_RATE_LIMITED') return;
    const { client, signal } = this.#request;
    const isDead = await client.order(order.url, { signal }).then(
      ({ status }) => status === 'invalid',
      (failure: unknown) => isGone(failure),
    );
    if (isDead) await this.#drop('is dead');
  }

  /** Forgets the order, and deletes its key. */
  async #drop(why: string): Promise<null> {
    const { order, keys } = this.#journal.record;
    const key = order?.key ?? null;
    await this.#journal.change({ order: null, keys: key === null ? keys : [...keys, key] });
    this.#log.step('dropped', `The order was given up: it ${why}`);
    this.#log.order = null;
    await removeKeys(this.#journal, this.#request.keys, this.#log);
    return null;
  }

  #answers(): AnswerContext {
    const { client, solvers, signal } = this.#request;
    return {
      client,
      solvers,
      signal,
      names: this.#ordered.names,
      journal: this.#journal,
      log: this.#log,
      patience: () => this.#deadline(),
    };
  }

  /** All waits of an attempt have one end. */
  #deadline(): Date {
    return (this.#until ??= new Date(this.#clock.now() + this.#patienceMs));
  }
}

/** A request with nothing but names (RFC 8555 §7.4): authorities decide about all else. */
const requestFor = (names: readonly Identifier[], key: CertificateKey): Promise<Buffer> => {
  const of = (type: Identifier['type']): string[] =>
    names.filter((each) => each.type === type).map(({ value }) => value);
  const wanted = alternativeNames({ dns: of('dns'), ip: of('ip') });
  const extensions = requestedExtensions(
    { names: wanted, keyUsage: [], extendedKeyUsage: [], template: null },
    false,
  );
  return signRequest({ subject: EMPTY_NAME, extensions }, key);
};

/** The same for the same set of names. */
const valuesOf = (names: readonly Identifier[]): string =>
  names
    .map(({ value }) => value)
    .sort()
    .join();

const listed = (names: readonly Identifier[]): string => printableList(names.map(({ value }) => value));

/** Whether the server says that there is no such order, or none of this account. */
const isGone = (error: unknown): boolean => isAnswer(error) && [403, 404, 410].includes(error.problem.status);

/** Whether the server has understood the request and says no; not now counts as something else. */
const isRefusal = (error: unknown): boolean =>
  isAnswer(error) && error.problem.status < 500 && error.code !== 'ERR_SCHANNEL_ACME_RATE_LIMITED';

/** Whether it is open if the server has got what was sent. */
const isUnclear = (error: unknown): boolean => !isAnswer(error) || error.problem.status >= 500;

const isAnswer = (error: unknown): error is SchannelError & { readonly problem: ProblemDocument } =>
  error instanceof SchannelError && error.problem !== undefined;

/** Whatever is wrong with a chain is the same to the caller. */
function brokenChain(error: unknown): unknown {
  if (!(error instanceof SchannelError) || error.code !== 'ERR_SCHANNEL_ACME_ANSWER') return error;
  return new SchannelError('ERR_SCHANNEL_ACME_CERTIFICATE', error.message, {
    phase: 'data',
    advice: 'Nothing was stored. The authority is at fault. Report it there.',
    cause: error,
  });
}
