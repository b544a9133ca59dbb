import assert from 'node:assert/strict';
import { kindOfDer } from '#lib/formats/pem/content-kind.js';
import { otherContent } from '#lib/formats/pem/other-content.js';
import { splitPem } from '#lib/formats/pem/pem-reader.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { recognize } from '#lib/formats/pem/source.js';
import { ReadBudget } from '#lib/formats/asn1/read-budget.js';
import { sharedRoot } from '../../support/certificates.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'text with blocks of PEM';
export const longest = 4096;

export async function seeds(): Promise<readonly Uint8Array[]> {
  const { cert } = (await sharedRoot()).certificate;
  const key = toPem('PRIVATE KEY', Buffer.from('3003020100', 'hex'));
  const old = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\nAAAA\n-----END RSA PRIVATE KEY-----\n`;
  return [
    Buffer.from(key + cert),
    Buffer.from(old + key),
    Buffer.from(`\ufeff${key}`, 'utf16le'),
    Buffer.from(`Bag Attributes\r\n${key.replaceAll('\n', '\r\n')}`),
    Buffer.from('30030201', 'hex'),
    Buffer.from('<html><body>www.pem</body></html>'),
    Buffer.from('-----BEGIN A-----\n-----BEGIN B-----\nAAAA\n-----END B-----\n-----END A-----'),
  ];
}

const TOO_LARGE = codes('ERR_SCHANNEL_IMPORT_TOO_LARGE');

/** Blocks read the same in each encoding of text, and again when they are written. */
export function fuzz(data: Buffer): void {
  const recognized = valueOf(outcomeOf(() => recognize(data, new ReadBudget()), TOO_LARGE));
  outcomeOf(() => otherContent(data), TOO_LARGE);
  kindOfDer(data);
  if (recognized?.kind !== 'pem') return;
  const { blocks } = recognized;
  for (const { label, der, text } of blocks) {
    kindOfDer(der);
    assert.deepEqual(parts(splitPem(text)), [[label, der.toString('hex')]], 'only a block');
    const [again] = splitPem(toPem(label, der));
    assert.ok(again?.label === label && again.der.equals(der), 'a block written again');
  }
  const isText = !(data[0] === 0xff && data[1] === 0xfe) && !(data[0] === 0xfe && data[1] === 0xff);
  if (!isText) return;
  const wide = Buffer.from(`\ufeff${data.toString('latin1')}`, 'utf16le');
  const other = valueOf(outcomeOf(() => recognize(wide, new ReadBudget()), TOO_LARGE));
  assert.ok(other?.kind === 'pem');
  assert.deepEqual(parts(other.blocks), parts(blocks), 'the same text in UTF-16');
}

const parts = (blocks: readonly { readonly label: string; readonly der: Buffer }[]): string[][] =>
  blocks.map(({ label, der }) => [label, der.toString('hex')]);
