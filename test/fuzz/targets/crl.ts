import assert from 'node:assert/strict';
import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { encodedList, parseRevocationLists, type RevocationList } from '#lib/formats/x509/revocation-list.js';
import { pemOfCrl, sharedRoot } from '../../support/certificates.js';
import { buildList, listExtension } from '../../support/crl-builder.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'revocation lists of the option crl';
export const longest = 2048;

export async function seeds(): Promise<readonly Uint8Array[]> {
  const { certificate } = await sharedRoot();
  const list = buildList(certificate, {
    serialNumbers: ['01', '7fffff', '00ff01'],
    entryExtensions: [listExtension('2.5.29.21', '0a0101')],
    extensions: [listExtension('2.5.29.20', '020105'), listExtension('2.5.29.28', '3000', true)],
  });
  const delta = buildList(certificate, { extensions: [listExtension('2.5.29.27', '020101', true)] });
  return [list, delta, Buffer.from(pemOfCrl(buildList(certificate)))];
}

const REFUSED = codes('ERR_SCHANNEL_OPTION_', 'ERR_SCHANNEL_IMPORT_TOO_LARGE');

/** A list has the times, and revokes the numbers, that another reader sees in it. */
export function fuzz(data: Buffer): void {
  const lists = valueOf(outcomeOf(() => parseRevocationLists(data), REFUSED));
  const single = valueOf(outcomeOf(() => encodedList(data), REFUSED));
  if (single !== null) assert.equal(lists?.length, 1, 'one list, and not one');
  for (const list of lists ?? []) check(list);
  const [only] = lists ?? [];
  if (single === null || only === undefined) return;
  const other = readByOther(single);
  if (other !== null) compare(only, other);
}

function check({ thisUpdate, nextUpdate, number }: RevocationList): void {
  assert.ok(!Number.isNaN(thisUpdate.getTime()) && !Number.isNaN(nextUpdate?.getTime() ?? 0));
  assert.ok(number === null || (Number.isSafeInteger(number) && number >= 0));
}

function readByOther(der: Uint8Array): X509Crl | null {
  try {
    return new X509Crl(Buffer.from(der));
  } catch {
    return null; // It knows less: that is no matter.
  }
}

function compare(list: RevocationList, other: X509Crl): void {
  assert.equal(list.thisUpdate.getTime(), other.thisUpdate.getTime(), 'thisUpdate');
  assert.equal(list.nextUpdate?.getTime(), other.nextUpdate?.getTime(), 'nextUpdate');
  for (const { serialNumber } of other.entries)
    assert.ok(list.revokes(Buffer.from(serialNumber, 'hex')), `${serialNumber} is not revoked`);
}
