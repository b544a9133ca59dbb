import { outlineOf } from '../../formats/x509/outline.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { SCHANNEL_KEY } from '../../windows/policy/keys.js';
import { type PolicySystem, thisPolicySystem } from '../../windows/policy/policy-system.js';
import { type Policy, readPolicyOf } from '../../windows/policy/read-policy.js';
import type { RegistryKey } from '../../windows/registry/registry.js';
import { openStore } from '../../windows/store/store.js';

/** A certificate as far as lists of authorities need it. */
export interface Authority {
  readonly thumbprint: string;
  readonly subject: string;
  /** Its subject is its issuer. */
  readonly selfIssued: boolean;
  /** Bytes of its name in DER. */
  readonly nameLength: number;
}

/** What is checked. */
export interface CheckedMachine {
  readonly policy: Policy;
  /** All keys of Schannel. */
  readonly schannel: readonly RegistryKey[];
  /** LocalMachine\Root; null if it cannot be read. */
  readonly roots: readonly Authority[] | null;
  /** LocalMachine\ClientAuthIssuer; null if it cannot be read. */
  readonly clientIssuers: readonly Authority[] | null;
}

/** What a check needs of Windows; a script in tests. */
export interface CheckSystem {
  readonly policy: PolicySystem;
  /** The certificates of a store of LocalMachine; empty without such a store. */
  readonly authorities: (store: string) => Promise<readonly Authority[]>;
}

/** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export const thisCheckSystem = (): CheckSystem => ({ policy: thisPolicySystem(), authorities });

/** Protocols\TLS 1.2\Server is the deepest. */
const DEPTH = 3;

/** @throws as readPolicy() */
export async function readMachine({ policy, authorities: list }: CheckSystem): Promise<CheckedMachine> {
  const [read, schannel, roots, clientIssuers] = await Promise.all([
    readPolicyOf(policy),
    policy.registry.read(SCHANNEL_KEY, DEPTH),
    list('Root').catch(() => null),
    list('ClientAuthIssuer').catch(() => null),
  ]);
  return { policy: read, schannel, roots, clientIssuers };
}

async function authorities(name: string): Promise<readonly Authority[]> {
  try {
    using store = await openStore(`LocalMachine\\${name}`, { readOnly: true });
    return (await store.all()).map(({ raw, subject, thumbprint }) => ({
      ...{ subject, thumbprint },
      ...namesOf(raw),
    }));
  } catch (error) {
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_NOT_FOUND') return [];
    throw error;
  }
}

/** Names are equal if their bytes are: so Windows compares them, too. */
export function namesOf(der: Uint8Array): Pick<Authority, 'selfIssued' | 'nameLength'> {
  const { issuer, subject } = outlineOf(der);
  return { selfIssued: Buffer.compare(issuer, subject) === 0, nameLength: subject.length };
}
