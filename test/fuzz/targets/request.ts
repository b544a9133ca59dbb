import assert from 'node:assert/strict';
import { parseInf } from '#lib/formats/request/inf.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { asking, namesOf, requestOf } from '../../support/request-builder.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'a certificate request, or an INF file that asks for one';
export const longest = 2048;

export const seeds = (): readonly Uint8Array[] => {
  const der = requestOf({
    attributes: asking(namesOf([0x82, 'a.example'], [0x87, Buffer.alloc(4)], [0x81, 'a@b.example'])),
  });
  return [
    requestOf(),
    der,
    Buffer.from(toPem('NEW CERTIFICATE REQUEST', der)),
    Buffer.from(der.toString('base64')),
    Buffer.from(
      '[NewRequest]\r\nSubject = "CN=a, O=""b"""\r\nKeyLength=2048 ; bits\r\n[Extensions]\r\n2.5.29.17 = "{text}"\r\n_continue_ = "dns=a.example&"\r\n',
    ),
  ];
};

const REFUSED = codes('ERR_SCHANNEL_REQUEST_');

/** All that can be asked of a request has an answer, and it reads the same as PEM. */
export function fuzz(data: Buffer): void {
  outcomeOf(() => parseInf(data), codes('ERR_SCHANNEL_REQUEST_INF'));
  const request = valueOf(outcomeOf(() => readRequest(data), REFUSED));
  if (request === null) return;
  for (const property of Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(request))))
    outcomeOf(() => request[property as keyof typeof request], REFUSED);
  const again = readRequest(toPem('CERTIFICATE REQUEST', request.der));
  assert.equal(again.subject, request.subject);
  assert.ok(again.der.equals(request.der));
}
