import assert from 'node:assert/strict';
import {
  Message,
  readAuthorities,
  readCertificates,
  readCertificates13,
  readServerKeyExchange,
  readStatus,
} from '#lib/formats/server-flight/flight-messages.js';
import { MessageCutter } from '#lib/formats/server-flight/message-cutter.js';
import { RecordCutter, RecordType } from '#lib/formats/server-flight/record-cutter.js';
import { readServerHello } from '#lib/formats/server-flight/server-hello.js';
import { readStapledResponse } from '#lib/formats/revocation/stapled-response.js';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import { MalformedMessage } from '#lib/formats/tls-wire/byte-reader.js';
import { joined, uint16, uint24, uint8, vector } from '#lib/formats/tls-wire/vectors.js';
import { alertAnswer, handshake, helloAnswer, record } from '../../support/server-flight.js';
import { instances, outcomeOf, valueOf } from '../outcome.js';
import { waysToCut } from '../pieces.js';

export const what = "a server's side of the handshake, as the probe does";
export const longest = 4096;

const LIMIT = 8192;

const certificateList = vector(3, uint24(3), Uint8Array.of(0x30, 1, 0));

export const seeds = (): readonly Uint8Array[] => [
  joined([
    helloAnswer({ version: 0x0303, suite: 0xc02f, extensions: [[16, '0003026832']] }),
    record(22, handshake(Message.Certificate, certificateList)),
    record(22, handshake(Message.CertificateStatus, joined([uint8(1), vector(3, Uint8Array.of(0x30, 0))]))),
    record(
      22,
      handshake(
        Message.ServerKeyExchange,
        joined([uint8(3), uint16(29), vector(1, Buffer.alloc(32, 9)), uint16(0x0804), vector(2)]),
      ),
    ),
    record(
      22,
      handshake(
        Message.CertificateRequest,
        joined([
          vector(1, uint8(1)),
          vector(2, uint16(0x0403)),
          vector(2, vector(2, Uint8Array.of(0x30, 0))),
        ]),
      ),
    ),
    record(22, handshake(Message.ServerHelloDone, new Uint8Array(0))),
  ]),
  helloAnswer({
    version: 0x0303,
    suite: 0x1301,
    extensions: [
      [43, '0304'],
      [51, '001d0001aa'],
    ],
  }),
  record(
    22,
    handshake(
      Message.Certificate,
      joined([vector(1), vector(3, vector(3, Uint8Array.of(0x30, 0)), vector(2))]),
    ),
  ),
  alertAnswer(40),
  Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
];

/** However it is cut, it has the same messages, and each reader reads them or says what is malformed. */
export function fuzz(data: Buffer): void {
  const [whole, ...others] = waysToCut(data).map(messagesOf);
  assert.ok(whole);
  for (const other of others) assert.deepEqual(other, whole);
  for (const { type, body } of whole.messages) readEach(type, Buffer.from(body, 'hex'));
  readEach(data[0] ?? 0, data.subarray(1));
}

interface Flight {
  readonly messages: readonly { readonly type: number; readonly body: string }[];
  readonly end: string | null;
}

function messagesOf(pieces: readonly Buffer[]): Flight {
  const records = new RecordCutter(LIMIT);
  const cutter = new MessageCutter(LIMIT);
  const messages: { type: number; body: string }[] = [];
  for (const piece of pieces) {
    const { records: whole, fault } = records.push(piece);
    for (const { type, fragment } of whole) {
      if (type !== RecordType.Handshake) continue;
      const found = cutter.push(fragment);
      if (found === null) return { messages, end: 'long' };
      for (const { type, body } of found) messages.push({ type, body: Buffer.from(body).toString('hex') });
    }
    if (fault !== null) return { messages, end: fault };
  }
  return { messages, end: null };
}

const KEY_EXCHANGES = ['ECDHE', 'DHE', 'DH', 'ECDH', 'RSA', 'ECDH_anon'];

function readEach(type: number, body: Buffer): void {
  const read = <Value>(reader: () => Value): Value | null =>
    valueOf(outcomeOf(reader, instances(MalformedMessage)));
  const within = (parts: readonly Uint8Array[]): void =>
    assert.ok(parts.reduce((sum, part) => sum + part.length, 0) <= body.length);
  switch (type) {
    case Message.ServerHello: {
      const hello = read(() => readServerHello(body));
      assert.ok((hello?.alpn ?? '').length < 256 && (hello?.share?.length ?? 0) <= body.length);
      break;
    }
    case Message.Certificate:
      within(read(() => readCertificates(body)) ?? []);
      within(read(() => readCertificates13(body))?.certificates ?? []);
      break;
    case Message.CertificateStatus: {
      const response = read(() => readStatus(body));
      if (response) outcomeOf(() => readStapledResponse(response), instances(MalformedDer));
      break;
    }
    case Message.ServerKeyExchange:
      for (const keyExchange of KEY_EXCHANGES)
        for (const version of [0x0301, 0x0303])
          assert.ok((read(() => readServerKeyExchange(body, keyExchange, version))?.dhBits ?? 0) <= 0x80000);
      break;
    case Message.CertificateRequest:
      for (const version of [0x0302, 0x0303, 0x0304])
        within(read(() => readAuthorities(body, version)) ?? []);
  }
}
