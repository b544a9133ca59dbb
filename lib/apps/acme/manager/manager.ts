import { EventEmitter } from 'node:events';
import { type Clock, type Pause, pauseFor } from '../../../base/async/clock.js';
import { SerialQueue } from '../../../base/async/serial-queue.js';
import { argumentError } from '../../../base/errors/argument-error.js';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import type { CertificateSearch } from '../../../tls/identity/search.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import type { CertificateKey } from '../order/keys.js';
import type { AccountKey } from '../protocol/account-key.js';
import type { CheckRun } from './check-run.js';
import { markerOf } from './marker.js';
import type { ParsedOptions, ParsedSet } from './options.js';
import type { CheckReport, ManagerEvents, SetStatus } from './report.js';
import { sleepUntil } from './schedule.js';
import { managerId } from './state-folder.js';

/** {@link CheckRun}, whatever keys it has. */
type CheckOnce = Pick<CheckRun<CertificateKey & AccountKey>, 'check' | 'status'>;

export interface CheckOptions {
  /** Whether everything is renewed now. A server that accepts no more orders is still left alone. Default false. */
  readonly force?: boolean | undefined;
  /** Whether what failed is tried again now, for a person who has corrected the reason. Default false. */
  readonly retry?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets certificates and renews them in time, until {@link stop}. All managers of one state folder, in all processes and
 * accounts of the machine, are one: they work one after another.
 */
export class AcmeManager extends EventEmitter<ManagerEvents> implements AsyncDisposable {
  readonly #options: ParsedOptions;
  readonly #runOf: (signal?: AbortSignal) => CheckOnce;
  readonly #clock: Clock;
  readonly #queue = new SerialQueue();
  readonly #id: string;
  #running: { readonly end: AbortController; readonly ended: Promise<void> } | null = null;

  /** Internal: use createAcmeManager(). */
  constructor(
    options: ParsedOptions,
    clock: Clock,
    runOf: (events: EventEmitter<ManagerEvents>, signal?: AbortSignal) => CheckOnce,
  ) {
    super();
    this.#options = options;
    this.#clock = clock;
    this.#id = managerId(options.state);
    this.#runOf = (signal) => runOf(this, signal);
  }

  /**
   * Looks at every set, gets what is missing, and renews what is due. It says what it did, and throws nothing but
   * AbortError: a set that fails is in the report, and is tried again after a minute, ten minutes, a hundred minutes,
   * and then daily.
   */
  check({ force = false, retry = force, signal }: CheckOptions = {}): Promise<CheckReport> {
    return this.#queue.run(async () => (await this.#runOf(signal).check({ force, retry })).report);
  }

  /** How every set stands. No server is asked, and nothing is changed. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  status(): Promise<readonly SetStatus[]> {
    return this.#runOf().status();
  }

  /** Checks now, and again whenever something is due. It keeps the process alive until {@link stop}. Idempotent. */
  start(): void {
    if (this.#running !== null) return;
    const end = new AbortController();
    this.#running = { end, ended: this.#run(end.signal) };
  }

  /** Ends a check that is on its way; its order goes on at the next start. Idempotent. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.end.abort();
    await running?.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * What a server shows for a name, for its option `certificate` and for addContext(): the certificate of this manager,
   * and until there is one, any self-signed one of the same store for this name.
   *
   * @throws TypeError ERR_INVALID_ARG_VALUE if no set has the name
   */
  certificateFor(name: string): CertificateSearch {
    const set = this.#options.sets.find((each) => covers(each, name));
    if (set === undefined) {
      throw argumentError('ERR_INVALID_ARG_VALUE', `No set of this manager has the name '${name}'`);
    }
    const criterion = canonicalAddress(name) === null ? { dns: name } : { ip: name };
    const isOurs = ({ native, isSelfIssued }: Certificate): boolean => {
      const marker = markerOf({ native });
      return marker === null ? isSelfIssued : marker.manager === this.#id && marker.set === set.id;
    };
    return { ...criterion, store: set.served, where: isOurs };
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pause: Pause | null = null;
    signal.addEventListener('abort', () => pause?.end(), { once: true });
    for (;;) {
      const next = await this.#queue
        .run(async () => (await this.#runOf(signal).check({ force: false, retry: false })).nextMoment)
        // It was stopped.
        .catch(() => Infinity);
      if (signal.aborted) return;
      pause = pauseFor(this.#clock, sleepUntil([next], this.#clock.now()));
      await pause.over;
    }
  }
}

/** Whether a set has a name, or a wildcard for it. */
function covers({ names }: ParsedSet, name: string): boolean {
  const address = canonicalAddress(name);
  return names.some(({ type, value }) =>
    type === 'ip' ? value === address : coversName(value, name.toLowerCase().replace(/\.$/, '')),
  );
}

const coversName = (pattern: string, name: string): boolean =>
  pattern === name ||
  (pattern.startsWith('*.') && name.indexOf('.') > 0 && name.slice(name.indexOf('.')) === pattern.slice(1));
