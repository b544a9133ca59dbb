import assert from 'node:assert/strict';
import { duplexPair, type Duplex } from 'node:stream';
import { Status } from '#lib/engine/status.js';
import type { NativeConnection, NativeCredential, NativeSession, Role } from '#lib/native/binding.js';
import { Connection, type ConnectionEvents } from '#lib/socket/connection.js';
import type { ConnectionSide } from '#lib/socket/connection-side.js';
import type { Verification } from '#lib/socket/peer-verification.js';
import { connectionOf } from '../../support/connection.js';
import { alertRecord, handshakeRecord } from '../../support/records.js';
import { expects, ScriptedSession, type Call } from '../../support/scripted-session.js';

const hello = handshakeRecord('hello');
const finished = handshakeRecord('finished');
const answer = handshakeRecord('answer');
const anonymous = connectionOf('1.2', '');
const FLAGS = 7;

/** A side that takes everybody, and says of each who it is: whatever its certificate has for bytes. */
function sideOf(role: Role): ConnectionSide {
  return {
    role,
    certificates: [],
    servername: false,
    turn: null,
    listens: false,
    heard: new Uint8Array(0),
    hear: () => undefined,
    open: () =>
      Promise.resolve({
        credential: {} as NativeCredential,
        request: { targetName: '', requestFlags: 0, alpnProtocols: [] },
        chooses: false,
      }),
    choose: () => Promise.resolve(null),
    examine: () => null,
    verify: (_session, facts) => Promise.resolve({ verification: verificationOf(facts), refusal: null }),
    askLater: () => FLAGS,
    renegotiate: () => null,
    release: () => undefined,
  };
}

const verificationOf = ({ peerCertificates }: NativeConnection): Verification => ({
  authorized: peerCertificates.length > 0,
  error: null,
  chain: peerCertificates,
  anchors: 'ca',
  revocation: 'not-checked',
  ignored: [],
});

/** A connection over memory, whose Windows plays a script. */
class Meeting {
  readonly connection: Connection;
  readonly session: ScriptedSession;
  readonly established: (Verification | null)[] = [];
  readonly failures: Error[] = [];
  /** Beneath the connection. */
  readonly transport: Duplex;
  abandoned = false;
  readonly #far: Duplex;
  #received = '';

  constructor(role: Role, script: readonly Call[]) {
    const [near, far] = duplexPair();
    this.transport = near;
    this.#far = far;
    far.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')));
    this.session = new ScriptedSession(script, role);
    const events: ConnectionEvents = {
      activity: () => undefined,
      secure: () => undefined,
      established: (verification) => this.established.push(verification),
      plaintext: () => undefined,
      ended: () => undefined,
      failed: (error) => {
        this.failures.push(error);
        this.connection.close(error, () => undefined);
      },
      abandoned: () => {
        this.abandoned = true;
      },
    };
    const { session } = this;
    const settings = { handshakeTimeout: 0, requireCloseNotify: false, onread: null };
    const windows = { createSession: () => session as unknown as NativeSession, result: session.result };
    this.connection = new Connection(sideOf(role), settings, events, () => windows);
    this.connection.attach(near, false);
    this.connection.begin();
  }

  /** Says this to the connection, and lets everything happen that follows from it. */
  async say(...records: readonly Buffer[]): Promise<void> {
    for (const record of records) this.#far.write(record);
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.session.busy) this.session.completeStep();
    }
  }

  /** What was written since it was asked last. */
  takeReceived(): string {
    const received = this.#received;
    this.#received = '';
    return received;
  }
}

/** One behind its first handshake. */
async function met(role: Role, facts: NativeConnection, script: readonly Call[]): Promise<Meeting> {
  const first =
    role === 'server'
      ? [expects.handshake([hello], { status: Status.ContinueNeeded, token: 'server hello' })]
      : [expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' })];
  const last = expects.handshake([finished], { connection: facts });
  const meeting = new Meeting(role, [...first, last, ...script]);
  await meeting.say(...(role === 'server' ? [hello] : []));
  await meeting.say(finished);
  assert.equal(meeting.established.length, 1);
  meeting.takeReceived();
  return meeting;
}

const asked = expects.handshake([], { status: Status.ContinueNeeded, token: 'request' });

describe('Connection.shakeHandsAgain()', () => {
  it('asks a client for its certificate, and tells what it came to', async () => {
    const alice = connectionOf('1.2', 'alice');
    const meeting = await met('server', anonymous, [
      asked,
      expects.handshake([answer], { connection: alice, token: 'done' }),
    ]);
    const verification = meeting.connection.shakeHandsAgain((side, facts) => side.askLater(facts));
    await meeting.settle();
    assert.equal(meeting.takeReceived(), 'request');
    await meeting.say(answer);
    assert.equal(meeting.takeReceived(), 'done');
    assert.deepEqual(await verification, verificationOf(alice));
    assert.deepEqual(meeting.established, [verificationOf(anonymous), verificationOf(alice)]);
    assert.deepEqual(meeting.session.requestFlags, [FLAGS]);
  });

  it('tells of a client that shows none', async () => {
    const meeting = await met('server', anonymous, [
      asked,
      expects.handshake([answer], { connection: anonymous }),
    ]);
    const verification = meeting.connection.shakeHandsAgain((side, facts) => side.askLater(facts));
    await meeting.say(answer);
    assert.equal((await verification)?.authorized, false);
  });

  it('has a client renegotiate with the flags that it has', async () => {
    const facts = connectionOf('1.2');
    const meeting = await met('client', facts, [asked, expects.handshake([answer], { connection: facts })]);
    const verification = meeting.connection.shakeHandsAgain((side) => side.renegotiate(facts, false));
    await meeting.say(answer);
    assert.equal((await verification)?.authorized, true);
    assert.deepEqual(meeting.session.requestFlags, []);
  });

  it('is busy until the peer has answered, and may be asked again then', async () => {
    const again = [asked, expects.handshake([answer], { connection: anonymous })];
    const meeting = await met('server', anonymous, [...again, ...again]);
    const ask = (): Promise<Verification | null> => meeting.connection.shakeHandsAgain(() => FLAGS);
    const first = ask();
    assert.throws(ask, { code: 'ERR_SCHANNEL_USAGE_BUSY' });
    await meeting.say(answer);
    await first;
    const second = ask();
    await meeting.say(answer);
    await second;
  });

  it('begins nothing that the side has something against, and nothing before the connection is secure', async () => {
    const reason = new Error('not here');
    const refuse = (): never => {
      throw reason;
    };
    const early = new Meeting('server', []);
    assert.throws(() => early.connection.shakeHandsAgain(() => null), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    const meeting = await met('server', anonymous, []);
    assert.throws(() => meeting.connection.shakeHandsAgain(refuse), reason);
    assert.deepEqual(meeting.failures, []);
  });

  it('fails with what the connection fails with, and is over when it closes', async () => {
    const refused = expects.handshake([], { status: 0x80090302 });
    const meeting = await met('server', anonymous, [refused]);
    const verification = meeting.connection.shakeHandsAgain(() => FLAGS);
    await Promise.all([
      assert.rejects(verification, { code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED' }),
      meeting.settle(),
    ]);
    const closing = await met('server', anonymous, [asked]);
    const never = closing.connection.shakeHandsAgain(() => FLAGS);
    closing.connection.close(null, () => undefined);
    await assert.rejects(never, { code: 'ERR_STREAM_DESTROYED' });
  });
});

describe('a transport that somebody destroys', () => {
  const notice = alertRecord(0, 'warning');

  it('takes the connection with it', async () => {
    const meeting = await met('client', connectionOf('1.2'), []);
    meeting.transport.destroy();
    await meeting.settle();
    assert.equal(meeting.abandoned, true);
  });

  it('takes nothing of a peer that had said all: it may not have been read yet', async () => {
    const meeting = await met('client', connectionOf('1.2'), [
      expects.decrypt(notice, { status: Status.ContextExpired }),
    ]);
    meeting.connection.consumerReads = true;
    await meeting.say(notice);
    meeting.transport.destroy();
    await meeting.settle();
    assert.equal(meeting.abandoned, false);
  });
});
