import type { NativeSessionInfo, Role } from '#lib/native/binding.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from './connection.js';
import { EngineHarness, type HarnessOptions } from './engine-harness.js';
import { handshakeRecord } from './records.js';
import { ScriptedSession, expects, type Call } from './scripted-session.js';

export type Play = EngineHarness<ScriptedSession>;

const plays: Play[] = [];

/** An engine, started, with the answers of Windows as a script. */
export function begin(script: readonly Call[], options: HarnessOptions = {}, role: Role = 'client'): Play {
  const play = new EngineHarness(new ScriptedSession(script, role), options);
  plays.push(play);
  play.start();
  return play;
}

const flight = handshakeRecord('flight');

/** An engine behind its first handshake, the peer not trusted yet; effects so far are forgotten. */
export function verifying(
  script: readonly Call[] = [],
  options: HarnessOptions = {},
  info: NativeSessionInfo = connectionOf('1.3'),
): Play {
  const handshake = [
    expects.handshake([], { status: Status.ContinueNeeded, token: 'hello' }),
    expects.handshake([flight], { info }),
  ];
  const play = begin([...handshake, ...script], options);
  play.completeStep();
  play.feed(flight);
  play.completeStep();
  play.takeEffects();
  return play;
}

/** An engine that carries application data; effects so far are forgotten. */
export function open(
  script: readonly Call[] = [],
  options: HarnessOptions = {},
  info: NativeSessionInfo = connectionOf('1.3'),
): Play {
  const play = verifying(script, options, info);
  play.engine.accept();
  play.takeEffects();
  return play;
}

/** For afterEach(): every script was played to its end and no rule was broken. */
export function assertPlays(this: Mocha.Context): void {
  // A failed test says more than what it left undone.
  if (this.currentTest?.state === 'failed') plays.length = 0;
  for (const play of plays.splice(0)) {
    play.session.assertPlayed();
    play.assertSound();
  }
}
