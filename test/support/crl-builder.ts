import { createPrivateKey, sign } from 'node:crypto';
import { outlineOf } from '#lib/formats/x509/outline.js';
import type { TestCertificate } from './certificates.js';
import { element, oid } from './pfx-builder.js';

/** What is to stand in a revocation list. */
export interface ListRecipe {
  /** Contents of the INTEGERs, hexadecimal. */
  readonly serialNumbers?: readonly string[];
  /** Of each entry. */
  readonly entryExtensions?: readonly Buffer[];
  readonly extensions?: readonly Buffer[];
}

/** DER of a list that this authority, with a key on P-256, signs. */
export function buildList(issuer: TestCertificate, recipe: ListRecipe = {}): Buffer {
  const { serialNumbers = [], entryExtensions = [], extensions = [] } = recipe;
  const revoked = serialNumbers.map((hex) =>
    element(
      0x30,
      element(0x02, Buffer.from(hex, 'hex')),
      YESTERDAY,
      ...(entryExtensions.length === 0 ? [] : [element(0x30, ...entryExtensions)]),
    ),
  );
  const content = element(
    0x30,
    element(0x02, Buffer.of(1)),
    ECDSA,
    outlineOf(issuer.der).subject,
    YESTERDAY,
    TOMORROW,
    ...(revoked.length === 0 ? [] : [element(0x30, ...revoked)]),
    ...(extensions.length === 0 ? [] : [element(0xa0, element(0x30, ...extensions))]),
  );
  const signature = sign('sha256', content, createPrivateKey(issuer.key));
  return element(0x30, content, ECDSA, element(0x03, Buffer.of(0), signature));
}

/** An Extension; the value in hexadecimal. */
export const listExtension = (identifier: string, value: string, isCritical = false): Buffer =>
  element(
    0x30,
    oid(identifier),
    ...(isCritical ? [element(0x01, Buffer.of(0xff))] : []),
    element(0x04, Buffer.from(value, 'hex')),
  );

const ECDSA = element(0x30, oid('1.2.840.10045.4.3.2'));

const DAY = 86_400_000;
const timeIn = (offset: number): Buffer => {
  const digits = new Date(Date.now() + offset).toISOString().replace(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
};
const YESTERDAY = timeIn(-DAY);
const TOMORROW = timeIn(DAY);
