import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { textIn } from '#lib/apps/acme/http/json.js';
import type { ChallengePlan, ChallengeSolver, ChallengeTask } from '#lib/apps/acme/challenge/solver.js';
import type { CertificateKey, CertificateKeys } from '#lib/apps/acme/order/keys.js';
import { signerOf } from './memory-signer.js';

/** Keys in memory, by name. */
export class MemoryKeys implements CertificateKeys<CertificateKey> {
  readonly kept = new Map<string, CertificateKey>();
  /** How many are open now. */
  opened = 0;
  /** Refuses to delete. */
  isStuck = false;

  plan(): { name: string } {
    return { name: randomUUID() };
  }

  make({ name }: { readonly name?: unknown }): Promise<CertificateKey> {
    const signer = signerOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    const key = {
      ...signer,
      close: () => {
        this.opened -= 1;
        return Promise.resolve();
      },
    };
    this.kept.set(String(name), key);
    this.opened += 1;
    return Promise.resolve(key);
  }

  open({ name }: { readonly name?: unknown }): Promise<CertificateKey | null> {
    const key = this.kept.get(String(name)) ?? null;
    if (key !== null) this.opened += 1;
    return Promise.resolve(key);
  }

  remove({ name }: { readonly name?: unknown }): Promise<void> {
    if (this.isStuck) return Promise.reject(new Error('the provider is gone'));
    this.kept.delete(String(name));
    return Promise.resolve();
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
