import assert from 'node:assert/strict';
import { answerStartTls, serverProtocols } from '#lib/adapters/starttls/server/answer.js';
import { DIALOGUE_LIMITS } from '#lib/adapters/starttls/dialogue.js';
import { codes, outcomeLater, type Outcome } from '../outcome.js';
import { inputOf, TalkingPeer, turnsOf } from '../talking-peer.js';

export const what = 'what a client says before STARTTLS, in each protocol';
export const longest = 1024;
export const waits = true;

/** The first byte chooses the protocol. */
export const seeds = (): readonly Uint8Array[] => {
  const said: Readonly<Record<string, readonly (readonly string[])[]>> = {
    smtp: [
      ['', 'EHLO a.example\r\n', 'STARTTLS\r\n'],
      ['', 'HELO a\r\n', 'MAIL FROM:<a@b>\r\n', 'QUIT\r\n'],
    ],
    lmtp: [['', 'LHLO a.example\r\n', 'STARTTLS\r\n']],
    imap: [
      ['', 'a CAPABILITY\r\n', 'b STARTTLS\r\n'],
      ['', 'a LOGIN {3}\r\n', 'abc {1+}\r\nd\r\n', 'c LOGOUT\r\n'],
    ],
    pop3: [
      ['', 'CAPA\r\n', 'STLS\r\n'],
      ['', 'USER a\r\n', 'QUIT\r\n'],
    ],
    postgres: [['\0\0\0\x08\x04\xd2\x16\x2f'], ['\0\0\0\x08\x04\xd2\x16\x30', '\0\0\0\x09\0\x03\0\0\0']],
    ldap: [
      ['0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037'],
      ['0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\0\x80\0'],
    ],
  };
  return serverProtocols.flatMap((protocol, number) =>
    (said[protocol] ?? [['']]).map((turns) => Buffer.concat([Buffer.of(number), inputOf(turns)])),
  );
};

const REFUSED = codes('ERR_SCHANNEL_PEER_STARTTLS_', 'ERR_SCHANNEL_STARTTLS_');

/** It ends, with TLS or a code, and a client that goes on at once is answered as one that is slow. */
export async function fuzz(data: Buffer): Promise<void> {
  const protocol = serverProtocols[(data[0] ?? 0) % serverProtocols.length] ?? 'smtp';
  const turns = turnsOf(data.subarray(1));
  const whole = await answered(protocol, turns, false);
  const pieces = await answered(protocol, turns, true);
  if ('value' in whole && 'value' in pieces) assert.equal(pieces.value, whole.value);
}

async function answered(
  protocol: (typeof serverProtocols)[number],
  turns: readonly Buffer[],
  isSlow: boolean,
): Promise<Outcome<string>> {
  const peer = new TalkingPeer(turns, isSlow);
  const outcome = await outcomeLater(async () => {
    const { socket } = await answerStartTls(peer, null, {
      protocol,
      name: 'a.example',
      implicitTls: null,
      timeout: 30_000,
      limits: DIALOGUE_LIMITS,
      signal: null,
    });
    socket.destroy();
    return Buffer.concat(peer.received).toString('latin1');
  }, REFUSED);
  const said = peer.received.reduce((sum, { length }) => sum + length, 0);
  assert.ok(said < 16_384, `${String(said)} bytes were answered`);
  peer.destroy();
  return outcome;
}
