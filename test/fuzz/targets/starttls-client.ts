import assert from 'node:assert/strict';
import { askForTls, startTlsProtocols } from '#lib/adapters/starttls/start-tls.js';
import { STARTTLS_CASES } from '../../support/starttls-cases.js';
import { codes, outcomeLater, type Outcome } from '../outcome.js';
import { inputOf, TalkingPeer, turnsOf } from '../talking-peer.js';

export const what = 'what a server says before STARTTLS, in each protocol';
export const longest = 1024;
export const waits = true;

/** The first byte chooses the protocol. */
export const seeds = (): readonly Uint8Array[] =>
  STARTTLS_CASES.flatMap(({ protocol, willing, unavailable, wrong, alsoWilling = [] }) => {
    const answers = willing.map(([, answer]) => answer);
    const others = [...unavailable, ...wrong]
      .filter(([, , answer]) => answer.length < 200)
      .map(([, turn, answer]) => [...answers.slice(0, turn), answer]);
    const number = Buffer.of(startTlsProtocols.indexOf(protocol));
    return [answers, ...alsoWilling.map(([, script]) => script.map(([, answer]) => answer)), ...others].map(
      (turns) => Buffer.concat([number, inputOf(turns)]),
    );
  });

const REFUSED = codes('ERR_SCHANNEL_PEER_STARTTLS_', 'ERR_SCHANNEL_STARTTLS_');

/** It ends, with TLS or a code; what leads to TLS at once does so in pieces, and the server is told the same. */
export async function fuzz(data: Buffer): Promise<void> {
  const protocol = startTlsProtocols[(data[0] ?? 0) % startTlsProtocols.length] ?? 'smtp';
  const turns = turnsOf(data.subarray(1));
  const whole = await asked(protocol, turns, false);
  const pieces = await asked(protocol, turns, true);
  if ('value' in whole && 'value' in pieces) assert.equal(pieces.value, whole.value);
}

async function asked(
  protocol: (typeof startTlsProtocols)[number],
  turns: readonly Buffer[],
  isSlow: boolean,
): Promise<Outcome<string>> {
  // Who speaks first does so without being asked.
  const silent = ['ldap', 'postgres', 'xmpp', 'xmpp-server', 'rdp', 'tds', 'irc'].includes(protocol);
  const peer = new TalkingPeer(silent ? [Buffer.alloc(0), ...turns] : turns, isSlow);
  let lines = 0;
  const outcome = await outcomeLater(async () => {
    const stream = await askForTls(peer, {
      protocol,
      host: 'a.example',
      name: 'b.example',
      from: 'c.example',
      onLine: () => (lines += 1),
    });
    stream.destroy();
    return Buffer.concat(peer.received).toString('latin1');
  }, REFUSED);
  // A line or an answer has a byte at least, and each of ours answers one.
  assert.ok(lines <= 2 * turns.reduce((sum, turn) => sum + turn.length, 0) + 8, `${String(lines)} lines`);
  peer.destroy();
  return outcome;
}
