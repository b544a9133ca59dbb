import { type KeyObject } from 'node:crypto';
import type { NativeKeyFacts } from '../../native/store-binding.js';

/** What is known about a private key without using it; null if its provider does not report it. */
export interface KeyFacts {
  /** CNG, or the older CryptoAPI, whose providers support only RSA with PKCS #1 v1.5. */
  readonly api: 'cng' | 'capi';
  readonly provider: string | null;
  /** The name of the key, or of the container that holds it. */
  readonly container: string | null;
  /** The name of its file, if the provider uses files. */
  readonly uniqueName: string | null;
  /** 'rsa', 'ec', or the provider's name for another type, in lower case. */
  readonly algorithm: 'rsa' | 'ec' | (string & Record<never, never>);
  /** Length of the RSA modulus, or of the numbers on the curve. */
  readonly bits: number | null;
  /** 'P-256', 'P-384', 'P-521'; null for RSA. */
  readonly curve: string | null;
  /** In a TPM, a smart card or a security module. */
  readonly hardware: boolean | null;
  /** On a smart card, which may be absent when the key is needed. */
  readonly removable: boolean | null;
  /** Whether the key can be exported: not at all, only encrypted, or also in plaintext. */
  readonly exportable: 'no' | 'encrypted' | 'yes' | null;
  /** Belongs to the machine, not to the user. */
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

/** @param publicKey decides if it is known: providers choose the names of algorithm groups freely */
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

/** From the names of node:crypto to those of NIST, which Windows and JSON Web Keys use. */
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
