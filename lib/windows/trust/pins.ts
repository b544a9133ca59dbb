import { createHash } from 'node:crypto';

import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { outlineOf } from '../../formats/x509/outline.js';

/** Pins in one form, 'sha256/' and the hash in Base64. */
export type Pins = ReadonlySet<string>;

/** 'sha256/…' as in RFC 7469 and most libraries, 'sha256//…' as in curl's --pinnedpubkey: 32 bytes in Base64. */
const PIN = /^sha256\/\/?([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

/**
 * The option `pins`. A list without pins is an error: nobody means to accept no server at all, and nothing may take it
 * for a list that accepts every one.
 *
 * @param pins one text may have several, separated by ';'
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function parsePins(pins: string | readonly string[], name: string): Pins {
  const list: readonly unknown[] = Array.isArray(pins) ? pins : [pins];
  if (list.length === 0) throw argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' has no pin`);
  return new Set(list.flatMap((text) => pinsIn(text, name)));
}

function pinsIn(text: unknown, name: string): string[] {
  if (typeof text !== 'string') throw invalidType(name, 'of type string or an array of strings', text);
  return text.split(';').map((pin) => {
    const hash = PIN.exec(pin)?.[1];
    if (hash !== undefined) return `sha256/${hash}`;
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property '${name}' must be 'sha256/' and the SHA-256 of a public key in Base64. Received '${printable(pin, 80)}'`,
    );
  });
}

/** The pin of a certificate's public key (SubjectPublicKeyInfo, RFC 7469 §2.4); null for one that cannot be read. */
export function pinOf(certificate: Uint8Array): string | null {
  try {
    const { publicKey } = outlineOf(certificate);
    return `sha256/${createHash('sha256').update(publicKey).digest('base64')}`;
  } catch {
    return null;
  }
}

/**
 * Whether a key is pinned.
 * @param chain DER. Of a chain that was not verified, only the certificate of the peer itself: it has proved that it
 *   has the key, and anybody can send other certificates along
 */
export const isPinned = (pins: Pins, chain: readonly Uint8Array[]): boolean =>
  chain.some((certificate) => pins.has(pinOf(certificate) ?? ''));

/** Why a server is refused that has none of the keys. @param cause what else speaks against it */
export function notPinned(chain: readonly Uint8Array[], cause: Error | null): SchannelError {
  const [leaf] = chain;
  const own = (leaf && pinOf(leaf)) ?? 'a key that cannot be read';
  return new SchannelError(
    'ERR_SCHANNEL_PEER_KEY_NOT_PINNED',
    `no certificate of the server has a key that is pinned; its own has ${own}`,
    {
      phase: 'verify',
      advice:
        'If the server has got a new key, add its pin. Otherwise another server may have answered: do not pin what it shows.',
      ...(cause === null ? {} : { cause }),
    },
  );
}
