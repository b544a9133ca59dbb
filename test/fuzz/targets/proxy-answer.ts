import assert from 'node:assert/strict';
import { proxyFaults } from '#lib/adapters/proxy/errors.js';
import { httpConnect } from '#lib/adapters/proxy/http-connect.js';
import { ConnectAgain, signedConnect } from '#lib/adapters/proxy/signed-connect.js';
import { socks5 } from '#lib/adapters/proxy/socks.js';
import { Dialogue, DIALOGUE_LIMITS } from '#lib/adapters/starttls/dialogue.js';
import type { SignIn } from '#lib/windows/negotiate/sign-in.js';
import { codes, outcomeLater, type Outcome } from '../outcome.js';
import { inputOf, TalkingPeer, turnsOf } from '../talking-peer.js';

export const what =
  'the answers of an HTTP proxy, also while it has us sign in by Negotiate, and of one of SOCKS 5';
export const longest = 1024;
export const waits = true;

/** The first byte chooses the kind of proxy, whether there is an account, and whether to sign in. */
const WANTED = 'HTTP/1.1 407 Proxy Authentication Required\r\n';

export const seeds = (): readonly Uint8Array[] => [
  Buffer.concat([
    Buffer.of(0),
    inputOf(['HTTP/1.1 200 Connection established\r\nA: b\r\n\r\n220 hello\r\n']),
  ]),
  Buffer.concat([Buffer.of(0), inputOf(['HTTP/1.1 103 Hints\r\n\r\nHTTP/1.0 200 ok\n\n'])]),
  Buffer.concat([
    Buffer.of(2),
    inputOf(['HTTP/1.1 407 Account\r\nProxy-Authenticate: Negotiate, Basic realm="a"\r\n\r\n']),
  ]),
  Buffer.concat([Buffer.of(1), inputOf(['\x05\0', '\x05\0\0\x01\x7f\0\0\x01\0\x50220 hello'])]),
  Buffer.concat([Buffer.of(3), inputOf(['\x05\x02', '\x01\0', '\x05\0\0\x03\x03abc\0\x50'])]),
  Buffer.concat([Buffer.of(1), inputOf(['\x05\0', '\x05\x02\0\x04'])]),
  Buffer.concat([
    Buffer.of(4),
    inputOf([
      `${WANTED}Proxy-Authenticate: Negotiate\r\nContent-Length: 2\r\n\r\nab`,
      `${WANTED}Proxy-Authenticate: Basic realm="a, b", Negotiate YQ==\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
      'HTTP/1.1 200 OK\r\nProxy-Authentication-Info: Negotiate Yg==\r\n\r\n',
    ]),
  ]),
  Buffer.concat([Buffer.of(4), inputOf([`${WANTED}Proxy-Authenticate: Negotiate\r\n\r\n`])]),
];

const REFUSED = codes('ERR_SCHANNEL_PEER_PROXY_', 'ERR_SCHANNEL_PROXY_');
const HOP = { proxy: { host: 'proxy.example', port: 3128 }, target: { host: 'a.example', port: 443 } };

/** It ends with a tunnel or a code; in pieces too, and with the same bytes for the target. */
export async function fuzz(data: Buffer): Promise<void> {
  const [kind = 0] = data;
  const turns = [Buffer.alloc(0), ...turnsOf(data.subarray(1))];
  const whole = await opened(kind, turns, false);
  const pieces = await opened(kind, turns, true);
  if ('value' in whole && 'value' in pieces) assert.equal(pieces.value, whole.value);
}

async function opened(kind: number, turns: readonly Buffer[], isSlow: boolean): Promise<Outcome<string>> {
  const peer = new TalkingPeer(turns, isSlow);
  const dialogue = new Dialogue(peer, {
    limits: { ...DIALOGUE_LIMITS, totalBytes: Infinity },
    timeout: 30_000,
    signal: null,
    onLine: null,
    faults: proxyFaults(HOP, 'a proxy'),
  });
  const account = (kind & 2) === 0 ? {} : { user: 'anna', password: 'secret' };
  const outcome = await outcomeLater(async () => {
    if ((kind & 4) === 0) await ((kind & 1) === 0 ? httpConnect : socks5)(dialogue, HOP, account);
    else await signed(dialogue);
    const sent = Buffer.concat(peer.received).toString('latin1');
    dialogue.giveBack();
    return sent;
  }, REFUSED);
  dialogue.abandon();
  return outcome;
}

/** It signs in by tokens that say nothing. One that breaks off must be begun again, which is an end here. */
async function signed(dialogue: Dialogue): Promise<void> {
  let legs = 0;
  const signIn: SignIn = {
    mechanism: null,
    next: () => Promise.resolve(Buffer.from(`token ${(legs += 1)}`)),
    finish: () => Promise.resolve(),
    close: () => undefined,
  };
  const memory = { isChallenged: false, hasBrokenOff: false };
  await signedConnect(dialogue, HOP, 'negotiate', signIn, memory).catch((error: unknown) => {
    if (!(error instanceof ConnectAgain)) throw error;
    assert.ok(memory.isChallenged);
  });
  assert.ok(legs <= 8, `${legs} legs`);
}
