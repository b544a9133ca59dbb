import { generateKeyPairSync, type KeyPairKeyObjectResult, randomUUID } from 'node:crypto';
import { textIn } from '#lib/apps/acme/http/json.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from '#lib/apps/acme/challenge/solver.js';
import type { CertificateKey, CertificateKeys } from '#lib/apps/acme/order/keys.js';
import type { AccountKey } from '#lib/apps/acme/protocol/account-key.js';
import { signerOf } from './memory-signer.js';
import { accountKeyOf } from './scripted-acme.js';

/** Keys in memory, by name. */
class KeysInMemory<Key extends CertificateKey> implements CertificateKeys<Key> {
  readonly kept = new Map<string, Omit<Key, 'close'>>();
  readonly #create: () => Omit<Key, 'close'>;
  /** How many are open now. */
  opened = 0;
  /** Refuses to delete. */
  isStuck = false;

  constructor(create: () => Omit<Key, 'close'>) {
    this.#create = create;
  }

  plan(): { name: string } {
    return { name: randomUUID() };
  }

  make({ name }: { readonly name?: unknown }): Promise<Key> {
    const key = this.#create();
    this.kept.set(String(name), key);
    return Promise.resolve(this.#open(key));
  }

  open({ name }: { readonly name?: unknown }): Promise<Key | null> {
    const key = this.kept.get(String(name));
    return Promise.resolve(key === undefined ? null : this.#open(key));
  }

  remove({ name }: { readonly name?: unknown }): Promise<void> {
    if (this.isStuck) return Promise.reject(new Error('the provider is gone'));
    this.kept.delete(String(name));
    return Promise.resolve();
  }

  #open(key: Omit<Key, 'close'>): Key {
    this.opened += 1;
    const close = (): Promise<void> => {
      this.opened -= 1;
      return Promise.resolve();
    };
    return { ...key, close } as Key;
  }
}

const newPair = (): KeyPairKeyObjectResult => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Keys of certificates. */
export class MemoryKeys extends KeysInMemory<CertificateKey> {
  constructor() {
    super(() => signerOf(newPair()));
  }
}

/** Keys of accounts. */
export class AccountKeys extends KeysInMemory<CertificateKey & AccountKey> {
  constructor() {
    // A request for a certificate is signed by other keys.
    super(() => accountKeyOf(newPair().privateKey) as Omit<CertificateKey & AccountKey, 'close'>);
  }
}

/** A solver that keeps what it shows in a set, and everything that it was asked for in a list. */
export class MemorySolver implements ChallengeSolver {
  readonly name: string;
  readonly types: readonly string[];
  /** What others can see: name and token. */
  readonly shown = new Set<string>();
  readonly calls: string[] = [];
  /** Why it refuses a name. */
  refusal: (name: string) => string | null = () => null;
  /** Called in place of what it does. */
  failing: Partial<Record<'plan' | 'show' | 'undo', () => void>> = {};

  constructor(name = 'memory', types: readonly string[] = ['http-01']) {
    this.name = name;
    this.types = types;
  }

  refuses({ value }: { readonly value: string }): string | null {
    return this.refusal(value);
  }

  plan({ name, challenge, keyAuthorization }: ChallengeTask): Promise<ChallengePlan> {
    return this.#call('plan', name.value, () => ({
      key: `${name.value} ${challenge.token}`,
      keyAuthorization,
    }));
  }

  show(plan: ChallengePlan): Promise<ChallengePlan> {
    return this.#call('show', nameIn(plan), () => {
      this.shown.add(textIn(plan, 'key'));
      return { ...plan, number: this.shown.size };
    });
  }

  async settle(plans: readonly ChallengePlan[]): Promise<void> {
    await this.#call('settle', plans.map(nameIn).join(), () => undefined);
  }

  undo(plan: ChallengePlan): Promise<void> {
    return this.#call('undo', nameIn(plan), () => {
      this.shown.delete(textIn(plan, 'key'));
    });
  }

  async #call<Value>(
    call: 'plan' | 'show' | 'settle' | 'undo',
    name: string,
    task: () => Value,
  ): Promise<Value> {
    this.calls.push(`${call} ${name}`);
    await Promise.resolve();
    if (call !== 'settle') this.failing[call]?.();
    return task();
  }
}

const nameIn = (plan: ChallengePlan): string => textIn(plan, 'key').split(' ')[0] ?? '';
