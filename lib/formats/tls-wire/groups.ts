import { hexNumber } from './versions.js';

/** Groups for the key exchange by name (IANA, "TLS Supported Groups"), the usual ones first. */
export const GROUPS = {
  X25519MLKEM768: 0x11ec,
  SecP256r1MLKEM768: 0x11eb,
  SecP384r1MLKEM1024: 0x11ed,
  x25519: 29,
  secp256r1: 23,
  secp384r1: 24,
  secp521r1: 25,
  x448: 30,
  ffdhe2048: 256,
  ffdhe3072: 257,
  ffdhe4096: 258,
  ffdhe6144: 259,
  ffdhe8192: 260,
  MLKEM512: 0x0200,
  MLKEM768: 0x0201,
  MLKEM1024: 0x0202,
  brainpoolP256r1: 26,
  brainpoolP384r1: 27,
  brainpoolP512r1: 28,
  brainpoolP256r1tls13: 31,
  brainpoolP384r1tls13: 32,
  brainpoolP512r1tls13: 33,
  curveSM2: 41,
  GC256A: 34,
  GC256B: 35,
  GC256C: 36,
  GC256D: 37,
  GC512A: 38,
  GC512B: 39,
  GC512C: 40,
  secp256k1: 22,
  secp224r1: 21,
  secp224k1: 20,
  secp192r1: 19,
  secp192k1: 18,
  secp160r2: 17,
  secp160r1: 16,
  secp160k1: 15,
  sect571r1: 14,
  sect571k1: 13,
  sect409r1: 12,
  sect409k1: 11,
  sect283r1: 10,
  sect283k1: 9,
  sect239k1: 8,
  sect233r1: 7,
  sect233k1: 6,
  sect193r2: 5,
  sect193r1: 4,
  sect163r2: 3,
  sect163r1: 2,
  sect163k1: 1,
  X25519Kyber768Draft00: 0x6399,
} as const;

const NAMES = new Map<number, string>(Object.entries(GROUPS).map(([name, number]) => [number, name]));

export const ALL_GROUPS: readonly number[] = Object.values(GROUPS);

/** Groups that exist in TLS 1.2 and below (RFC 8422 §5.1.1, RFC 7027); the others are for TLS 1.3 or not for ECDHE. */
export const CURVES: readonly number[] = ALL_GROUPS.filter((group) => group <= 30);

/** 'x25519'; '0x0400' for a number that has no name. */
export const groupName = (group: number): string => NAMES.get(group) ?? hexNumber(group);
