import assert from 'node:assert/strict';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import { integer, octetString, sequence } from '#lib/formats/asn1/der-writer.js';
import { ocspRefusal, signOcspResponse } from '#lib/formats/revocation/ocsp-response.js';
import { readStapledResponse } from '#lib/formats/revocation/stapled-response.js';
import { memorySigner } from '../../support/memory-signer.js';
import { instances, outcomeOf, valueOf } from '../outcome.js';

export const what = 'an OCSP response that a server staples';
export const longest = 1024;

const MOMENT = new Date('2026-01-02T03:04:05Z');

export async function seeds(): Promise<readonly Uint8Array[]> {
  const id = (number: number): Buffer =>
    sequence(sequence(), octetString(Buffer.of(1)), octetString(Buffer.of(2)), integer(number));
  const answers = [
    { id: id(0x1234), status: 'good' },
    { id: id(2), status: { revokedAt: MOMENT, reason: 'keyCompromise' } },
    { id: id(3), status: 'unknown' },
  ] as const;
  const times = { producedAt: MOMENT, thisUpdate: MOMENT, nextUpdate: MOMENT };
  const content = { answers, ...times, nonce: Buffer.of(4, 1, 9), responder: null };
  return [ocspRefusal('tryLater'), await signOcspResponse(content, memorySigner('P-256'))];
}

/** Each answer that is read has a number and times. */
export function fuzz(data: Buffer): void {
  const answers = valueOf(outcomeOf(() => readStapledResponse(data), instances(MalformedDer)));
  for (const { serialNumber, thisUpdate, nextUpdate } of answers ?? []) {
    assert.match(serialNumber, /^([1-9a-f][0-9a-f]*)?$/);
    for (const time of [thisUpdate, nextUpdate ?? thisUpdate]) assert.ok(!Number.isNaN(time.getTime()));
  }
}
