import { type KeyObject } from 'node:crypto';
import type { NativeKeyFacts } from '../../native/store-binding.js';

/** What is known of a private key without using it; null where its provider does not tell. */
export interface KeyFacts {
  /** CNG, or the older CryptoAPI whose providers have RSA with PKCS #1 v1.5 alone. */
  readonly api: 'cng' | 'capi';
  readonly provider: string | null;
  /** The name of the key, or of the container that holds it. */
  readonly container: string | null;
  /** The name of its file, for providers that have files. */
  readonly uniqueName: string | null;
  /** 'rsa', 'ec', or what the provider calls another kind, in lower case. */
  readonly algorithm: 'rsa' | 'ec' | (string & Record<never, never>);
  /** Length of the RSA modulus, or of the numbers on the curve. */
  readonly bits: number | null;
  /** 'P-256', 'P-384', 'P-521'; null for RSA. */
  readonly curve: string | null;
  /** In a TPM, a smart card or a security module. */
  readonly hardware: boolean | null;
  /** A smart card, which may be somewhere else when the key is needed. */
  readonly removable: boolean | null;
  /** Whether the key may leave its provider: not at all, in an encrypted form alone, or as it is. */
  readonly exportable: 'no' | 'encrypted' | 'yes' | null;
  /** Of the machine rather than the user. */
  readonly machine: boolean;
}

const HARDWARE = 0x1;
const REMOVABLE = 0x8;
const ALLOW_EXPORT = 0x1;
const ALLOW_PLAINTEXT_EXPORT = 0x2;

const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['RSA', 'rsa'],
  ['ECDSA', 'ec'],
  ['ECDH', 'ec'],
]);

/** @param publicKey where it is known, it decides: the name of an algorithm group is the provider's affair */
export function factsOf(facts: NativeKeyFacts, publicKey: KeyObject | null): KeyFacts {
  const { algorithm, implementation, exportPolicy } = facts;
  const kind = publicKey?.asymmetricKeyType ?? ALGORITHMS.get(algorithm ?? '') ?? algorithm?.toLowerCase();
  return {
    api: facts.api,
    provider: facts.provider,
    container: facts.name,
    uniqueName: facts.uniqueName,
    algorithm: kind ?? 'unknown',
    bits: facts.bits,
    curve: kind === 'ec' ? curveOf(publicKey, facts.bits) : null,
    hardware: implementation === null ? null : (implementation & HARDWARE) !== 0,
    removable: implementation === null ? null : (implementation & REMOVABLE) !== 0,
    exportable: exportPolicy === null ? null : exportableOf(exportPolicy),
    machine: facts.machine,
  };
}

function exportableOf(policy: number): 'no' | 'encrypted' | 'yes' {
  if ((policy & ALLOW_PLAINTEXT_EXPORT) !== 0) return 'yes';
  return (policy & ALLOW_EXPORT) !== 0 ? 'encrypted' : 'no';
}

/** The names of node:crypto in those of NIST, which Windows and JSON Web Keys use. */
const CURVES: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

const CURVES_BY_BITS: ReadonlyMap<number, string> = new Map([
  [256, 'P-256'],
  [384, 'P-384'],
  [521, 'P-521'],
]);

function curveOf(publicKey: KeyObject | null, bits: number | null): string | null {
  const name = publicKey?.asymmetricKeyDetails?.namedCurve;
  if (name !== undefined) return CURVES.get(name) ?? name;
  return CURVES_BY_BITS.get(bits ?? 0) ?? null;
}
