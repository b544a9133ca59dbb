import { createHash, KeyObject } from 'node:crypto';

import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import { withEcParts, withRsaParts } from '../../formats/private-key/key-parts.js';
import { notASource, sourceOf } from '../../formats/pem/option-sources.js';
import { otherContent } from '../../formats/pem/other-content.js';
import { toPrivateKey, type PrivateKeySource } from '../../formats/private-key/private-key.js';
import { issuersAbove, isSelfSigned } from '../../formats/x509/issuers.js';
import { isCertificateOf } from '../../formats/x509/public-key.js';
import type { Source } from '../../formats/pem/source.js';
import { parsePfx, type Pfx } from '../../formats/pfx/parse.js';
import type { IdentityMaterial } from '../../windows/temporary-identity/material.js';

/** A PFX, with its own password if it has one. */
export type PfxSource =
  Source | { readonly buf: Source; readonly passphrase?: string | Uint8Array | null | undefined };

/** The options of tls.createSecureContext() for one's own certificates. */
export interface IdentityOptions {
  /** Certificate, then its intermediates: PEM, DER or P7B. One, or one for each type of key. */
  readonly cert?: Source | readonly Source[] | null | undefined;
  /**
   * Private key: PEM or DER (PKCS #8, PKCS #1, SEC1), KeyObject, JSON Web Key. A list may also contain
   * `{ pem, passphrase }`.
   */
  readonly key?: PrivateKeySource | readonly PrivateKeySource[] | null | undefined;
  /** PKCS #12; a string is read as latin1. */
  readonly pfx?: PfxSource | readonly PfxSource[] | null | undefined;
  /** For every encrypted key and PFX without its own passphrase. */
  readonly passphrase?: string | null | undefined;
}

/** What the options contain. */
export interface ParsedFiles {
  /** One for each type of key that has both a certificate and a key. */
  readonly materials: readonly IdentityMaterial[];
  /** DER of the other certificates of the PFX files, which node:tls trusts in addition to `ca`. */
  readonly authorities: readonly Uint8Array[];
  /** Which half is missing: node:tls accepts only a certificate or only a key, and then shows nothing. */
  readonly lacks: 'cert' | 'key' | null;
}

/** As in OpenSSL, one certificate and one key for each type of key. */
interface Slot {
  certificate?: { readonly der: Uint8Array; readonly chain: readonly Uint8Array[] };
  key?: KeyObject;
}

/**
 * The certificates and keys in the options of node:tls, read in its order: certificates, keys, PFX files. Of each type
 * of key, the last one counts.
 *
 * @param known DER of the authorities of `ca`; issuers of a certificate that came without any are looked for here
 * @throws TypeError ERR_INVALID_ARG_TYPE
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…, ERR_SCHANNEL_KEY_MISMATCH, and ERR_SCHANNEL_KEY_MISSING for a PFX
 *   without a key and its certificate
 */
export function parseIdentityOptions(
  options: IdentityOptions,
  known: readonly Uint8Array[] = [],
): ParsedFiles {
  const passphrase = passphraseOf(options.passphrase, 'options.passphrase');
  const slots = new Map<string, Slot>();
  const authorities: Uint8Array[] = [];
  for (const source of listOf(options.cert)) addCertificate(slots, sourceOf(source, 'options.cert'), known);
  for (const source of keysOf(options.key)) addKey(slots, readKey(source, passphrase));
  for (const source of listOf(options.pfx)) addPfx(slots, authorities, source, passphrase);
  return { materials: [...slots.values()].flatMap(materialOf), authorities, lacks: lackOf(slots) };
}

function addCertificate(slots: Map<string, Slot>, source: Source, known: readonly Uint8Array[]): void {
  const [leaf, ...others] = readBundle(source).certificates;
  if (leaf === undefined) {
    const { what, advice } = otherContent(source);
    throw new SchannelError(
      'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
      `The option cert holds no certificate: it is ${what}`,
      { advice: advice ?? 'Give a file with a certificate.' },
    );
  }
  slotOf(slots, typeOfCertificate(leaf)).certificate = {
    der: leaf,
    chain: others.length > 0 ? intermediatesOf(others) : issuersAmong(known, leaf),
  };
}

/** A key must belong to the certificate of its type if there is one. As in node:tls, it may also come without one. */
function addKey(slots: Map<string, Slot>, key: KeyObject): void {
  const slot = slotOf(slots, typeOf(key));
  if (slot.certificate !== undefined && !isCertificateOf(slot.certificate.der, key)) {
    throw new SchannelError('ERR_SCHANNEL_KEY_MISMATCH', 'The private key belongs to another certificate', {
      advice: 'Use the key that the certificate was issued for; a chain begins with its leaf.',
    });
  }
  slot.key = key;
}

function addPfx(
  slots: Map<string, Slot>,
  authorities: Uint8Array[],
  source: unknown,
  common: string | undefined,
): void {
  const [content, own] = isPfxWithPassphrase(source) ? [source.buf, source.passphrase] : [source, undefined];
  const pfx = parsePfx(pfxBytes(content), passphraseOf(own, 'options.pfx.passphrase') ?? common);
  addIdentities(slots, pfx);
  // Compared by bytes, because a certificate may be in the file twice.
  const leaves = new Set(pfx.identities.map(({ certificate }) => certificate.der.toString('base64')));
  authorities.push(
    ...pfx.certificates.map(({ der }) => der).filter((der) => !leaves.has(der.toString('base64'))),
  );
}

/** For each type of key the first one in the file, with its newest certificate. */
function addIdentities(slots: Map<string, Slot>, pfx: Pfx): void {
  const seen = new Set<string>();
  for (const { certificate, chain, key } of pfx.identities) {
    const type = typeOf(key.privateKey);
    if (seen.has(type)) continue;
    seen.add(type);
    const above = intermediatesOf(
      chain()
        .slice(1)
        .map(({ der }) => der),
    );
    slots.set(type, { certificate: { der: certificate.der, chain: above }, key: key.privateKey });
  }
  if (seen.size === 0) {
    throw new SchannelError('ERR_SCHANNEL_KEY_MISSING', 'Unable to load private key from PFX data', {
      advice:
        'The PFX holds no key with its certificate. Export it again with its private key. Certificates to trust belong in the option ca.',
    });
  }
}

function materialOf({ certificate, key }: Slot): IdentityMaterial[] {
  if (certificate === undefined || key === undefined) return [];
  refuseForeignKey(key);
  const { der, chain } = certificate;
  const hash = [der, ...chain].reduce((sum, one) => sum.update(one), createHash('sha256')).digest('hex');
  return [Object.freeze({ hash, certificate: der, chain, key })];
}

/** Checked here, not on the first connection. @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED */
function refuseForeignKey(key: KeyObject): void {
  const useParts = key.asymmetricKeyType === 'ec' ? withEcParts : withRsaParts;
  useParts(key, () => undefined);
}

function lackOf(slots: ReadonlyMap<string, Slot>): 'cert' | 'key' | null {
  const all = [...slots.values()];
  if (all.some(({ key }) => key === undefined)) return 'key';
  return all.some(({ certificate }) => certificate === undefined) ? 'cert' : null;
}

function slotOf(slots: Map<string, Slot>, type: string): Slot {
  const slot = slots.get(type) ?? {};
  slots.set(type, slot);
  return slot;
}

const typeOf = (key: KeyObject): string => key.asymmetricKeyType ?? 'unknown';

function typeOfCertificate(der: Uint8Array): string {
  try {
    return typeOf(certificateOf(der).publicKey);
  } catch {
    return 'unknown'; // OpenSSL does not know this kind of key, so no key matches it
  }
}

/** A root is never sent: a peer that trusts it has it. */
function intermediatesOf(certificates: readonly Uint8Array[]): readonly Uint8Array[] {
  return Object.freeze(certificates.filter((der) => !isSelfSigned(certificateOf(der))));
}

/** As in OpenSSL, the intermediates of a certificate are looked for among the trusted certificates. */
function issuersAmong(known: readonly Uint8Array[], leaf: Uint8Array): readonly Uint8Array[] {
  if (known.length === 0) return [];
  const candidates = known.map(certificateOf).filter((one) => !isSelfSigned(one));
  return Object.freeze(issuersAbove(certificateOf(leaf), candidates, 'signature').map(({ raw }) => raw));
}

// ---- forms of an option -------------------------------------------------------------------------------------------

/** As in node:tls, a falsy option counts as not given. */
const listOf = (option: unknown): readonly unknown[] => {
  if (!option) return [];
  return Array.isArray(option) ? option : [option];
};

/** As in node:tls, only keys in a list can have their own passphrase. */
function keysOf(option: unknown): readonly unknown[] {
  if (typeof option === 'object' && option !== null && 'pem' in option) throw notAKey(option);
  return listOf(option);
}

/** Node's message, although more forms are accepted here. */
const notAKey = (source: unknown): Error => notASource(source, 'options.key');

const pfxBytes = (source: unknown): Uint8Array => {
  const bytes = sourceOf(source, 'options.pfx');
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
};

function isPfxWithPassphrase(source: unknown): source is { buf: unknown; passphrase?: unknown } {
  return typeof source === 'object' && source !== null && 'buf' in source;
}

function readKey(source: unknown, passphrase: string | undefined): KeyObject {
  if (typeof source === 'string' || ArrayBuffer.isView(source)) {
    return toPrivateKey(sourceOf(source, 'options.key'), passphrase);
  }
  if (typeof source !== 'object' || source === null) throw notAKey(source);
  if (!('pem' in source)) return toPrivateKey(source as PrivateKeySource, passphrase);
  const own = 'passphrase' in source ? passphraseOf(source.passphrase, 'options.key.passphrase') : undefined;
  if (source.pem instanceof KeyObject) return toPrivateKey(source.pem);
  return toPrivateKey(sourceOf(source.pem, 'options.key'), own ?? passphrase);
}

function passphraseOf(passphrase: unknown, option: string): string | undefined {
  if (passphrase === undefined || passphrase === null) return undefined;
  if (typeof passphrase === 'string') return passphrase;
  if (passphrase instanceof Uint8Array) return Buffer.from(passphrase).toString();
  throw argumentError(
    'ERR_INVALID_ARG_TYPE',
    `The "${option}" property must be of type string. Received type ${typeof passphrase}`,
  );
}
