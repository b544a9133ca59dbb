import assert from 'node:assert/strict';
import { readElement } from '#lib/formats/asn1/element.js';
import { ReadBudget } from '#lib/formats/asn1/read-budget.js';
import { certsOnly, decodeEst, encodeInLines } from '#lib/formats/est/est-message.js';
import { envelope, writeScepMessage } from '#lib/formats/scep/message-writer.js';
import { readEnvelope, readScepAnswer } from '#lib/formats/scep/message-reader.js';
import { certificatesOfP7b } from '#lib/formats/x509/p7b.js';
import { sharedRoot } from '../../support/certificates.js';
import { memorySigner } from '../../support/memory-signer.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'answers of SCEP and EST: CMS in all its forms';
export const longest = 4096;

export async function seeds(): Promise<readonly Uint8Array[]> {
  const { der } = (await sharedRoot()).certificate;
  const signer = memorySigner('rsa');
  const recipient = { certificate: der, publicKey: signer.publicKey, cipher: 'aes-128-cbc' } as const;
  const signedMessage = await writeScepMessage(
    { messageType: '19', transactionId: 'id', senderNonce: Buffer.alloc(16, 1), content: Buffer.of(0x30, 0) },
    recipient,
    signer,
    der,
  );
  return [
    signedMessage,
    envelope(Buffer.of(0x30, 0), recipient),
    envelope(Buffer.of(0x30, 0), { ...recipient, cipher: 'des-ede3-cbc' }),
    certsOnly([der]),
    Buffer.from(encodeInLines(certsOnly([]))),
  ];
}

const REFUSED = codes('ERR_SCHANNEL_IMPORT_');

/** Each reader reads, or refuses by code, and none believes what no key of the authority signed. */
export function fuzz(data: Buffer): void {
  const der = decodeEst(data.toString('latin1')) ?? data;
  const stranger = memorySigner('P-256').publicKey;
  const answer = outcomeOf(() => readScepAnswer(der, [stranger]), REFUSED);
  assert.ok(!('value' in answer), 'an answer that nobody signed was believed');
  const enveloped = valueOf(outcomeOf(() => readEnvelope(der), REFUSED));
  for (const length of [8, 16, 24, 32])
    if (enveloped !== null) outcomeOf(() => enveloped.open(Buffer.alloc(length, 1)), REFUSED);
  outcomeOf(() => certificatesOfP7b(readElement(der, new ReadBudget())), REFUSED);
}
