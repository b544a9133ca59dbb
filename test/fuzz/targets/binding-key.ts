import assert from 'node:assert/strict';
import { bindingOf, guidBytes } from '#lib/windows/binding/binding.js';
import { bindingKeyOf, formatBindingKey, nativeKeyOf, parseBindingKey } from '#lib/windows/binding/key.js';
import { choicesOf } from '../choices.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'the name of a binding of http.sys, and a record as Windows may have it';
export const longest = 512;

export const seeds = (): readonly Uint8Array[] =>
  [
    '0.0.0.0:443',
    '*:443',
    '[2001:db8::1]:8443',
    '[fe80::1%3]:443',
    'bar.example:443',
    '*.Bücher.example:443',
    'ccs:443',
    'ccs:bar.example:65535',
    '{4dc3e181-e14b-4a21-b022-59fc669b0914}',
  ].map((text) => Buffer.from(text));

const REFUSED = codes('ERR_SCHANNEL_BINDING_KEY');

/** A name means the same however it is written, for Windows too; and each record can be told. */
export function fuzz(data: Buffer): void {
  const text = data.toString();
  const key = valueOf(outcomeOf(() => parseBindingKey(text), REFUSED));
  if (key !== null) {
    assert.deepEqual(parseBindingKey(formatBindingKey(key)), key);
    assert.deepEqual(bindingKeyOf(nativeKeyOf(key)), key);
  }
  const guid = guidBytes(text);
  if (guid !== null) assert.equal(guid.length, 16);
  tellRecord(data);
}

/** Of another application: any kind of name, and lengths that no documented record has. */
function tellRecord(data: Buffer): void {
  const next = choicesOf(data);
  const bytes = (most: number): Buffer =>
    Buffer.from(Array.from({ length: next(most + 1) }, () => next(256)));
  const number = (): number => (next(65_536) * 65_536 + next(65_536)) >>> 0;
  const binding = bindingOf({
    kind: next(16),
    address: Buffer.concat([bytes(16), Buffer.alloc(28)]).subarray(0, next(2) === 0 ? 16 : 28),
    host: bytes(20).toString('latin1'),
    hash: bytes(24),
    appId: bytes(16),
    store: next(2) === 0 ? null : bytes(8).toString('latin1'),
    checkMode: number(),
    freshnessTime: number(),
    retrievalTimeout: number(),
    ctlIdentifier: null,
    ctlStore: null,
    flags: number(),
  });
  JSON.stringify(binding);
  assert.match(binding.appId, /^\{[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\}$/);
}
