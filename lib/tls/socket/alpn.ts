import { argumentError, invalidType } from '../../base/errors/argument-error.js';

/** What the option ALPNProtocols takes: names in order of preference, or all of them in wire format. */
export type ALPNProtocolsOption = readonly (string | NodeJS.ArrayBufferView)[] | NodeJS.ArrayBufferView;

/**
 * The names apart, from any form that node:tls takes.
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 */
export function parseAlpnProtocols(protocols: unknown): readonly Uint8Array[] {
  if (protocols == null) return [];
  if (!Array.isArray(protocols)) return splitWireFormat(bytesOf(protocols));
  return protocols.map((name: unknown, index) => {
    const bytes = typeof name === 'string' ? Buffer.from(name) : bytesOf(name);
    if (bytes.length === 0) throw emptyName();
    if (bytes.length <= 255) return bytes;
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `The byte length of the protocol at index ${String(index)} exceeds the maximum length. It must be <= 255. Received ${String(bytes.length)}`,
      RangeError,
    );
  });
}

/**
 * Puts the wire format of the names into `out.ALPNProtocols`, as node:tls's function of this name; bytes are taken
 * for wire format already, and copied.
 * @throws RangeError ERR_OUT_OF_RANGE for a name that is longer than 255 bytes
 */
export function convertALPNProtocols(protocols: unknown, out: { ALPNProtocols?: Buffer }): void {
  if (Array.isArray(protocols)) out.ALPNProtocols = alpnWireFormat(parseAlpnProtocols(protocols));
  else if (ArrayBuffer.isView(protocols)) out.ALPNProtocols = Buffer.from(bytesOf(protocols));
}

/** All names in one, each behind its length (RFC 7301 §3.1). */
export const alpnWireFormat = (names: readonly Uint8Array[]): Buffer =>
  Buffer.concat(names.flatMap((name) => [Uint8Array.of(name.length), name]));

function bytesOf(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value))
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  throw invalidType('options.ALPNProtocols', 'an array of names, or a Buffer, TypedArray or DataView', value);
}

function splitWireFormat(wire: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0)) {
    const name = wire.subarray(at + 1, at + 1 + (wire[at] ?? 0));
    if (name.length === 0 || name.length !== wire[at]) throw emptyName();
    names.push(name);
  }
  return names;
}

function emptyName(): Error {
  return argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'options.ALPNProtocols' holds an empty or truncated name",
  );
}
