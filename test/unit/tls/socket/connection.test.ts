import assert from 'node:assert/strict';
import { deferred } from '#lib/base/async/deferred.js';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Duplex, duplexPair } from 'node:stream';
import { mock } from 'node:test';
import { Status } from '#lib/tls/engine/status.js';
import type {
  NativeSessionInfo,
  NativeCredential,
  NativeSession,
  NativeHandshakeResult,
  Role,
} from '#lib/native/binding.js';
import { Connection, type ConnectionEvents } from '#lib/tls/socket/connection.js';
import type { ConnectionSide, PeerDecision, PeerDemands } from '#lib/tls/socket/connection-side.js';
import type { Verification } from '#lib/tls/socket/peer-verification.js';
import { STAGE_FOLLOWING, type Stage } from '#lib/tls/socket/stage.js';
import { connectionOf } from '../../../support/connection.js';
import { alertRecord, dataRecord, handshakeRecord } from '../../../support/records.js';
import type { ContractSession } from '../../../support/contract-session.js';
import { expects, ScriptedSession, type Call } from '../../../support/scripted-session.js';
import { toy, ToySession } from '../../../support/toy-session.js';

const hello = handshakeRecord('hello');
const finished = handshakeRecord('finished');
const answer = handshakeRecord('answer');
const data = dataRecord('data');
const anonymous = connectionOf('1.2', '');
const FLAGS = 7;
const TIMEOUT = 1000;

const SOCKETS_OWN: PeerDemands = { requestCert: false, rejectUnauthorized: true };

/** A side that takes everybody, and says of each who it is: whatever its certificate has for bytes. */
function sideOf(role: Role, own: Partial<ConnectionSide> = {}): ConnectionSide {
  return {
    demands: SOCKETS_OWN,
    renegotiates: true,
    role,
    certificates: [],
    servername: false,
    admission: null,
    open: () =>
      Promise.resolve({
        credential: {} as NativeCredential,
        request: { targetName: '', requestFlags: 0, alpnProtocols: [] },
        choose: null,
      }),
    checkNegotiated: () => null,
    checkPeer: (_session, facts) => Promise.resolve({ verification: verificationOf(facts), rejection: null }),
    requestClientCertificate: () => FLAGS,
    renegotiate: () => null,
    release: () => undefined,
    ...own,
  };
}

const codesOf = (errors: readonly Error[]): unknown[] =>
  errors.map((error) => Reflect.get(error, 'code') as unknown);

const refusal = (reason: string, alert: number): PeerDecision => ({
  verification: null,
  rejection: { error: Object.assign(new Error(reason), { code: reason }), alert },
});

const verificationOf = ({ peerCertificates }: NativeSessionInfo): Verification => ({
  authorized: peerCertificates.length > 0,
  error: null,
  chain: peerCertificates,
  anchors: 'ca',
  revocation: 'not-checked',
  ignored: [],
  pinned: null,
});

/** A connection over memory, whose Windows plays a script. */
class Meeting<Session extends ContractSession = ContractSession> {
  readonly connection: Connection;
  readonly established: (Verification | null)[] = [];
  readonly failures: Error[] = [];
  plaintext = '';
  onEstablished: () => void = () => undefined;
  /** Beneath the connection. */
  readonly transport: Duplex;
  abandoned = false;
  /** How the peer's data ended: by close_notify or without. */
  readonly ends: boolean[] = [];
  /** Every stage that the connection was seen in, in order. */
  readonly stages: Stage[] = ['idle'];
  readonly #far: Duplex;
  #received = '';

  constructor(
    readonly session: Session,
    own: Partial<ConnectionSide> = {},
    transport?: Duplex,
  ) {
    // Neither side takes what nobody reads.
    const [near, far] = duplexPair({ readableHighWaterMark: 1 });
    this.transport = transport ?? near;
    this.#far = far;
    far.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')));
    const events: ConnectionEvents = {
      begin: (work) => work(),
      activity: () => this.watchStage(),
      secure: () => this.watchStage(),
      established: (verification) => {
        this.watchStage();
        this.established.push(verification);
        this.onEstablished();
      },
      plaintext: (piece) => (this.plaintext += piece.toString('latin1')),
      ticket: () => undefined,
      ended: (closeNotify) => this.ends.push(closeNotify),
      failed: (error) => {
        this.watchStage();
        this.failures.push(error);
        this.connection.close(error, () => undefined);
        this.watchStage();
      },
      abandoned: () => {
        this.abandoned = true;
      },
    };
    const settings = { handshakeTimeout: TIMEOUT, requireCloseNotify: false, onread: null };
    const windows = { createSession: () => session as unknown as NativeSession, result: session.result };
    this.connection = new Connection(sideOf(session.role, own), settings, events, () => windows);
    this.connection.attach(this.transport, false);
    this.connection.begin();
    this.watchStage();
  }

  /** Notes the connection's stage, and that the table permits it to follow the one before. */
  watchStage(): void {
    const { stage } = this.connection;
    const before = this.stages.at(-1) ?? 'idle';
    if (stage === before) return;
    assert.ok(STAGE_FOLLOWING[before].includes(stage), `${before} was followed by ${stage}`);
    this.stages.push(stage);
  }

  /** Says this to the connection, and lets everything happen that follows from it. */
  async say(...records: readonly Buffer[]): Promise<void> {
    for (const record of records) this.#far.write(record);
    await this.settle();
  }

  /** Gives the connection these bytes in this very moment. */
  deliver(bytes: Buffer): void {
    this.connection.receive(Buffer.from(bytes));
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      this.watchStage();
      if (this.session.busy) this.session.completeStep();
    }
  }

  /** The peer takes nothing any more, or again. */
  set farReads(reads: boolean) {
    if (reads) this.#far.resume();
    else this.#far.pause();
  }

  /** What was written since it was asked last. */
  takeReceived(): string {
    const received = this.#received;
    this.#received = '';
    return received;
  }
}

/** One behind its first handshake. */
async function met(
  role: Role,
  facts: NativeSessionInfo,
  script: readonly Call[],
  own: Partial<ConnectionSide> = {},
): Promise<Meeting<ScriptedSession>> {
  const first =
    role === 'server'
      ? [expects.handshake([hello], { status: Status.ContinueNeeded, token: 'server hello' })]
      : [expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' })];
  const last = expects.handshake([finished], { info: facts });
  const meeting = new Meeting(new ScriptedSession([...first, last, ...script], role), own);
  await meeting.say(...(role === 'server' ? [hello] : []));
  await meeting.say(finished);
  assert.equal(meeting.established.length, 1);
  meeting.takeReceived();
  return meeting;
}

const asked = expects.handshake([], { token: 'request' });
const beganByClient = expects.handshake([], { status: Status.ContinueNeeded, token: 'hello again' });

/** Everything that another handshake hands to the side, and in which order. */
function watched(verify: ConnectionSide['checkPeer']): {
  own: Partial<ConnectionSide>;
  demands: PeerDemands[];
} {
  const demands: PeerDemands[] = [];
  return {
    demands,
    own: {
      checkPeer: (session, facts, wanted) => {
        demands.push(wanted);
        return demands.length === 1
          ? Promise.resolve({ verification: null, rejection: null })
          : verify(session, facts, wanted);
      },
    },
  };
}

describe('tls/socket/connection: stage', () => {
  const refused = { error: Object.assign(new Error('no'), { code: 'NO' }), alert: 40 };
  const facts = connectionOf('1.2');

  it('goes through all of them', async () => {
    const meeting = await met('client', facts, []);
    assert.deepEqual(meeting.stages, ['idle', 'starting', 'handshaking', 'established']);
    meeting.connection.close(null, () => undefined);
    meeting.watchStage();
    assert.equal(meeting.stages.at(-1), 'closed');
  });

  it('is idle until the handshake is to begin, and closed for good then', () => {
    const meeting = new Meeting(new ScriptedSession([]));
    meeting.connection.close(null, () => undefined);
    meeting.watchStage();
    meeting.connection.begin();
    assert.deepEqual(meeting.stages, ['idle', 'starting', 'closed']);
    assert.equal(meeting.connection.stage, 'closed');
  });

  it('has the first flight made in the tick in which it begins, if the side answers at once', async () => {
    const opening = {
      credential: {} as NativeCredential,
      request: { targetName: '', requestFlags: 0, alpnProtocols: [] },
      choose: null,
    };
    const first = expects.handshake([], { status: Status.ContinueNeeded, token: 'hello' });
    const meeting = new Meeting(new ScriptedSession([first]), { open: () => opening });
    assert.equal(meeting.connection.stage, 'starting');
    const stage = await new Promise((resolve) => {
      process.nextTick(() => resolve(meeting.connection.stage));
    });
    assert.equal(stage, 'handshaking');
    await meeting.settle();
    meeting.connection.close(null, () => undefined);
  });

  it('ends before there is a session when the side has none', async () => {
    const meeting = new Meeting(new ScriptedSession([]), { open: () => Promise.resolve(refused) });
    await meeting.settle();
    assert.deepEqual(meeting.stages, ['idle', 'starting', 'closed']);
    assert.deepEqual(codesOf(meeting.failures), ['NO']);
  });

  it('ends without a session too when the side throws at once', async () => {
    const meeting = new Meeting(new ScriptedSession([]), {
      open: () => {
        throw refused.error;
      },
    });
    await meeting.settle();
    assert.deepEqual(meeting.stages, ['idle', 'starting', 'closed']);
    assert.deepEqual(codesOf(meeting.failures), ['NO']);
  });

  it('tells its first error once something was added to it, whatever else happens meanwhile', async () => {
    const { promise, resolve } = deferred();
    const asked: Error[] = [];
    const meeting = new Meeting(new ScriptedSession([]), {
      open: () => Promise.resolve(refused),
      advise: (error) => {
        asked.push(error);
        return promise;
      },
    });
    await meeting.settle();
    assert.deepEqual([asked.length, meeting.failures.length], [1, 0]);
    meeting.transport.destroy(new Error('lost'));
    await meeting.settle();
    assert.deepEqual([asked.length, meeting.failures.length, meeting.abandoned], [1, 0, false]);
    resolve();
    await meeting.settle();
    assert.deepEqual(codesOf(meeting.failures), ['NO']);
    assert.equal(meeting.connection.stage, 'closed');
  });

  it('tells nothing of an error to who has closed it meanwhile', async () => {
    const { promise, resolve } = deferred();
    const meeting = new Meeting(new ScriptedSession([]), {
      open: () => Promise.resolve(refused),
      advise: () => promise,
    });
    await meeting.settle();
    meeting.connection.close(null, () => undefined);
    resolve();
    await meeting.settle();
    assert.deepEqual(meeting.failures, []);
  });

  it('tells an error at once if there is nothing to add, and never asks behind the first handshake', async () => {
    const asked: Error[] = [];
    const advise = (error: Error): null => {
      asked.push(error);
      return null;
    };
    const early = new Meeting(new ScriptedSession([]), { open: () => Promise.resolve(refused), advise });
    await early.settle();
    assert.deepEqual([codesOf(early.failures), asked.length], [['NO'], 1]);
    const meeting = await met('client', facts, [], { advise });
    meeting.transport.destroy(new Error('lost'));
    await meeting.settle();
    assert.equal(asked.length, 1);
  });

  it('is never established with a peer that is rejected', async () => {
    const script = [
      expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' }),
      expects.handshake([finished], { info: facts }),
      expects.alert(40, { token: 'alert' }),
    ];
    const meeting = new Meeting(new ScriptedSession(script), { checkNegotiated: () => refused });
    await meeting.settle();
    await meeting.say(finished);
    assert.deepEqual(meeting.stages, ['idle', 'starting', 'handshaking', 'closed']);
  });

  it('remains established in another handshake, and when either direction ends', async () => {
    const notice = alertRecord(0, 'warning');
    const meeting = await met('client', facts, [
      beganByClient,
      expects.handshake([answer], { info: facts }),
      expects.decrypt(notice, { status: Status.ContextExpired }),
      expects.shutdown({ token: 'bye' }),
    ]);
    meeting.connection.consumerReads = true;
    const outcome = meeting.connection.renegotiate({});
    await meeting.say(answer);
    await outcome;
    await meeting.say(notice);
    meeting.connection.finish(() => undefined);
    await meeting.settle();
    assert.equal(meeting.stages.at(-1), 'established');
    meeting.session.assertPlayed();
  });

  it('can end from each, and is reached from the first', () => {
    for (const [stage, next] of Object.entries(STAGE_FOLLOWING))
      assert.equal(next.includes('closed'), stage !== 'closed', stage);
    const reachable = new Set<Stage>(['idle']);
    for (const stage of reachable) for (const next of STAGE_FOLLOWING[stage]) reachable.add(next);
    assert.deepEqual([...reachable].sort(), Object.keys(STAGE_FOLLOWING).sort());
  });
});

describe('tls/socket/connection: another handshake', () => {
  it('asks a client for its certificate, and reports the result', async () => {
    const alice = connectionOf('1.2', 'alice');
    const meeting = await met('server', anonymous, [
      asked,
      expects.handshake([answer], { info: alice, token: 'done' }),
    ]);
    const verification = meeting.connection.requestClientCertificate();
    await meeting.settle();
    assert.equal(meeting.takeReceived(), 'request');
    await meeting.say(answer);
    assert.equal(meeting.takeReceived(), 'done');
    assert.deepEqual(await verification, verificationOf(alice));
    assert.deepEqual(meeting.established, [verificationOf(anonymous), verificationOf(alice)]);
    assert.deepEqual(meeting.session.requestFlags, [FLAGS]);
  });

  it('reports a client that shows none', async () => {
    const meeting = await met('server', anonymous, [asked, expects.handshake([answer], { info: anonymous })]);
    const verification = meeting.connection.requestClientCertificate();
    await meeting.say(answer);
    assert.equal((await verification).authorized, false);
  });

  it('has a client renegotiate with the flags that it has', async () => {
    const facts = connectionOf('1.2');
    const meeting = await met('client', facts, [beganByClient, expects.handshake([answer], { info: facts })]);
    const outcome = meeting.connection.renegotiate({});
    await meeting.say(answer);
    assert.deepEqual(await outcome, { verification: verificationOf(facts), declined: false });
    assert.deepEqual(meeting.session.requestFlags, []);
  });

  it('is busy until the peer has answered, and may be asked again then', async () => {
    const again = [asked, expects.handshake([answer], { info: anonymous })];
    const meeting = await met('server', anonymous, [...again, ...again]);
    const first = meeting.connection.requestClientCertificate();
    await assert.rejects(meeting.connection.requestClientCertificate(), { code: 'ERR_SCHANNEL_USAGE_BUSY' });
    assert.throws(() => meeting.connection.renegotiate({}), { code: 'ERR_SCHANNEL_USAGE_BUSY' });
    await meeting.say(answer);
    await first;
    const second = meeting.connection.requestClientCertificate();
    await meeting.say(answer);
    await second;
  });

  it('begins nothing that the side has something against, and nothing before the connection is secure', async () => {
    const reason = new Error('not here');
    const refuse = (): never => {
      throw reason;
    };
    const early = new Meeting(new ScriptedSession([], 'server'));
    assert.throws(() => early.connection.renegotiate({}), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    const meeting = await met('server', anonymous, [], {
      renegotiate: refuse,
      requestClientCertificate: refuse,
    });
    assert.throws(() => meeting.connection.renegotiate({}), reason);
    await assert.rejects(meeting.connection.requestClientCertificate(), reason);
    assert.deepEqual(meeting.failures, []);
  });

  it('fails with what the connection fails with, and is over when it closes', async () => {
    const refused = expects.handshake([], { status: 0x80090302 });
    const meeting = await met('server', anonymous, [refused]);
    const verification = meeting.connection.requestClientCertificate();
    await Promise.all([
      assert.rejects(verification, { code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED' }),
      meeting.settle(),
    ]);
    const closing = await met('server', anonymous, [asked]);
    const never = closing.connection.requestClientCertificate();
    closing.connection.close(null, () => undefined);
    await assert.rejects(never, { code: 'ERR_STREAM_DESTROYED' });
  });

  it('may be asked for while a ticket is with Windows: it begins behind it, and behind its data', async () => {
    const update = dataRecord('key update');
    const facts = connectionOf('1.3', '');
    const meeting = await met('server', facts, [
      expects.decrypt(update, { status: Status.Renegotiate, message: update }),
      expects.handshake([update], { info: facts }),
      expects.decrypt(data, { plaintext: 'data' }),
      asked,
      expects.handshake([answer], { info: facts }),
    ]);
    meeting.deliver(update);
    meeting.deliver(data);
    const verification = meeting.connection.requestClientCertificate();
    await meeting.settle();
    assert.equal(meeting.plaintext, 'data');
    assert.equal(meeting.takeReceived(), 'request');
    await meeting.say(answer);
    assert.equal((await verification).authorized, false);
  });

  it('is over before it begins when our side ends meanwhile', async () => {
    const ticket = dataRecord('ticket');
    const meeting = await met('server', connectionOf('1.3', ''), [
      expects.decrypt(ticket, { status: Status.Renegotiate, message: Buffer.from('ticket') }),
      expects.handshake([Buffer.from('ticket')], { info: connectionOf('1.3', '') }),
      expects.shutdown({ token: 'bye' }),
    ]);
    meeting.deliver(ticket);
    const verification = meeting.connection.requestClientCertificate();
    meeting.connection.finish(() => undefined);
    await Promise.all([
      assert.rejects(verification, { code: 'ERR_SCHANNEL_USAGE_PHASE', message: /closed in one direction/ }),
      meeting.settle(),
    ]);
    assert.deepEqual(meeting.failures, []);
  });

  describe('is judged as the first one is', () => {
    /** The peer keeps its certificate, and its data is on the heels of its last flight. */
    const kept = (facts: NativeSessionInfo, ...behind: Call[]): Call[] => [
      beganByClient,
      expects.handshake([answer, data], { took: answer.length, info: facts }),
      ...behind,
    ];
    const flight = Buffer.concat([answer, data]);
    const facts = connectionOf('1.2');
    const alert = (description: number): Call => expects.alert(description, { token: 'alert' });

    it('data waits for the verdict', async () => {
      let accept = (): void => undefined;
      const { own } = watched(
        (_session, { peerCertificates }) =>
          new Promise((resolve) => {
            accept = () =>
              resolve({
                verification: { ...verificationOf(facts), chain: peerCertificates },
                rejection: null,
              });
          }),
      );
      const meeting = await met('client', facts, kept(facts), own);
      const outcome = meeting.connection.renegotiate({});
      await meeting.say(flight);
      assert.equal(meeting.plaintext, '');
      meeting.session.then(expects.decrypt(data, { plaintext: 'data' }));
      accept();
      await meeting.settle();
      assert.equal(meeting.plaintext, 'data');
      assert.equal((await outcome).declined, false);
    });

    it('a refusal of the peer ends the connection before its data is seen', async () => {
      const { own } = watched(() => Promise.resolve(refusal('CERT_REVOKED', 44)));
      const meeting = await met('client', facts, kept(facts, alert(44)), own);
      const outcome = meeting.connection.renegotiate({});
      await Promise.all([assert.rejects(outcome, { code: 'CERT_REVOKED' }), meeting.say(flight)]);
      assert.equal(meeting.takeReceived(), 'hello againalert');
      assert.equal(meeting.plaintext, '');
      assert.deepEqual(
        meeting.failures.map(({ message }) => message),
        ['CERT_REVOKED'],
      );
    });

    it('so does a refusal of what was negotiated', async () => {
      let examined = 0;
      const weak = { error: Object.assign(new Error('weak'), { code: 'WEAK' }), alert: 71 };
      const meeting = await met('client', facts, kept(facts, alert(71)), {
        checkNegotiated: () => ((examined += 1) === 1 ? null : weak),
      });
      const outcome = meeting.connection.renegotiate({});
      await Promise.all([assert.rejects(outcome, { code: 'WEAK' }), meeting.say(flight)]);
      assert.equal(meeting.plaintext, '');
    });

    it('so does one that the server began, with nobody waiting for it', async () => {
      const request = handshakeRecord('hello request');
      const { own, demands } = watched(() => Promise.resolve(refusal('CERT_REVOKED', 44)));
      const script = [expects.decrypt(request, { status: Status.Renegotiate }), ...kept(facts, alert(44))];
      const meeting = await met('client', facts, script, own);
      meeting.connection.consumerReads = true;
      await meeting.say(request);
      await meeting.say(flight);
      assert.equal(meeting.plaintext, '');
      assert.deepEqual(
        meeting.failures.map(({ message }) => message),
        ['CERT_REVOKED'],
      );
      assert.deepEqual(demands[1], SOCKETS_OWN);
    });

    for (const [what, verify] of [
      ['rejects', () => Promise.reject(new TypeError('no such list'))],
      [
        'throws',
        () => {
          throw new TypeError('no such list');
        },
      ],
    ] as const) {
      it(`a verification that ${what} ends the connection with a code, and tells who waits`, async () => {
        const { own } = watched(verify);
        const meeting = await met('client', facts, kept(facts, alert(80)), own);
        const outcome = meeting.connection.renegotiate({});
        await Promise.all([
          assert.rejects(outcome, { code: 'ERR_SCHANNEL_SYSTEM_FAILURE', message: /no such list/ }),
          meeting.say(flight),
        ]);
        assert.equal(meeting.failures.length, 1);
        assert.equal(meeting.plaintext, '');
      });
    }

    it('a peer that declines is judged too, and may be refused', async () => {
      const declines = [
        asked,
        expects.handshake([answer, data], { status: Status.NoRenegotiation, took: answer.length }),
      ];
      const strict = watched(() => Promise.resolve(refusal('NO_CERTIFICATE', 40)));
      const refused = await met('server', anonymous, [...declines, alert(40)], strict.own);
      const never = refused.connection.renegotiate({ requestCert: true });
      await Promise.all([assert.rejects(never, { code: 'NO_CERTIFICATE' }), refused.say(flight)]);
      assert.equal(refused.plaintext, '');

      const lenient = watched(() => Promise.resolve({ verification: null, rejection: null }));
      const taken = await met(
        'server',
        anonymous,
        [...declines, expects.decrypt(data, { plaintext: 'data' })],
        lenient.own,
      );
      const outcome = taken.connection.renegotiate({});
      await taken.say(flight);
      assert.deepEqual(await outcome, { verification: null, declined: true });
      assert.equal(taken.plaintext, 'data');
    });
  });

  describe('goes by', () => {
    const again = [asked, expects.handshake([answer], { info: anonymous })];

    /** The demands on which each handshake was judged, the first left out. */
    const demandsOf = async (
      asks: readonly ((connection: Connection) => Promise<unknown>)[],
    ): Promise<PeerDemands[]> => {
      const { own, demands } = watched((_session, facts) =>
        Promise.resolve({ verification: verificationOf(facts), rejection: null }),
      );
      const meeting = await met(
        'server',
        anonymous,
        asks.flatMap(() => again),
        own,
      );
      for (const ask of asks) {
        const outcome = ask(meeting.connection);
        await meeting.say(answer);
        await outcome;
      }
      return demands.slice(1);
    };

    it("the socket's own demands, or those that renegotiate() is given", async () => {
      const wanted = { requestCert: true, rejectUnauthorized: false };
      assert.deepEqual(await demandsOf([(connection) => connection.renegotiate({})]), [SOCKETS_OWN]);
      assert.deepEqual(await demandsOf([(connection) => connection.renegotiate(wanted)]), [wanted]);
      assert.deepEqual(await demandsOf([(connection) => connection.renegotiate({ requestCert: true })]), [
        { ...SOCKETS_OWN, requestCert: true },
      ]);
    });

    it('what renegotiate() was given before, as in node:tls', async () => {
      const wanted = { requestCert: true, rejectUnauthorized: false };
      const twice = [
        (connection: Connection) => connection.renegotiate(wanted),
        (connection: Connection) => connection.renegotiate({}),
      ];
      assert.deepEqual(await demandsOf(twice), [wanted, wanted]);
    });

    it('leniency after requestClientCertificate(), only for that handshake', async () => {
      const later = [
        (connection: Connection) => connection.requestClientCertificate(),
        (connection: Connection) => connection.renegotiate({ requestCert: true }),
      ];
      assert.deepEqual(await demandsOf(later), [
        { requestCert: true, rejectUnauthorized: false },
        { requestCert: true, rejectUnauthorized: true },
      ]);
    });
  });
});

/** Answers each key update that comes. */
class AnsweringSession extends ToySession {
  /** Key updates that were answered. */
  answers = 0;
  #isOpen = false;

  protected override answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    const step = super.answerHandshake(portions);
    if (step.status !== Status.Ok) return step;
    if (!this.#isOpen) {
      this.#isOpen = true;
      return step;
    }
    this.answers += 1;
    return { ...step, token: Buffer.alloc(REPLY) };
  }
}

/** Bytes. */
const REPLY = 32;

describe('tls/socket/connection: a peer that has us answer and does not read', () => {
  /** A key update that wants an answer, and as much data as it costs. */
  const update = Buffer.concat([toy.ticket('update'), toy.data('x'.repeat(1024))]);

  async function flooded(): Promise<{ meeting: Meeting<AnsweringSession>; session: AnsweringSession }> {
    const meeting = new Meeting(new AnsweringSession('1.3'));
    await meeting.settle();
    await meeting.say(toy.finished('certificate', 23));
    assert.equal(meeting.established.length, 1);
    meeting.takeReceived();
    meeting.connection.consumerReads = true;
    meeting.farReads = false;
    return { meeting, session: meeting.session };
  }

  it('is not heard further when much waits, and heard again when it has read', async () => {
    const { meeting, session } = await flooded();
    for (let count = 0; count < 2000; count += 1) await meeting.say(update);
    assert.equal(session.answers, (16 * 1024) / REPLY + 1);
    meeting.farReads = true;
    while (session.answers < 2000 && meeting.failures.length === 0) await meeting.settle();
    assert.deepEqual(meeting.failures, []);
    assert.equal(meeting.takeReceived().length, 2000 * REPLY);
    assert.equal(meeting.plaintext.length, 2000 * 1024);
  });

  it('is heard all the time while only our own data waits: it may be waiting for us to read', async () => {
    const { meeting } = await flooded();
    meeting.connection.write([Buffer.alloc(100_000)], () => undefined);
    meeting.connection.write([Buffer.alloc(100_000)], () => undefined);
    for (let count = 0; count < 50; count += 1) await meeting.say(update);
    assert.equal(meeting.plaintext.length, 50 * 1024);
  });

  it('ends the connection with what had come already, at 64 KiB', async () => {
    const { meeting, session } = await flooded();
    for (let count = 0; count < 4000; count += 1) {
      meeting.deliver(update);
      while (session.busy) session.completeStep();
    }
    assert.deepEqual(codesOf(meeting.failures), ['ERR_SCHANNEL_PEER_FLOOD']);
    assert.ok(session.closed);
    assert.equal(session.answers, (64 * 1024) / REPLY + 1);
  });
});

describe('tls/socket/connection: a ticket on the heels of the last flight', () => {
  const ticket = dataRecord('ticket');
  const script = [
    expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' }),
    expects.handshake([finished, ticket], { took: finished.length, info: connectionOf('1.3') }),
    expects.decrypt(ticket, { status: Status.Renegotiate, message: Buffer.from('ticket') }),
    expects.handshake([Buffer.from('ticket')]),
  ];

  it('goes to Windows behind everything that listeners and their promises do', async () => {
    const meeting = new Meeting(new ScriptedSession(script));
    const isBusy = new Promise<boolean>((resolve) => {
      meeting.onEstablished = () => {
        // As `await once(socket, 'secureConnect')` in a function that another one awaits.
        const later = async (): Promise<void> => {
          for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
        };
        void later().then(() => resolve(meeting.session.busy));
      };
    });
    await meeting.settle();
    await meeting.say(Buffer.concat([finished, ticket]));
    assert.equal(await isBusy, false);
    await meeting.settle();
    meeting.session.assertPlayed();
  });

  it('does not keep what listeners write from going first, nor another handshake from being asked for', async () => {
    const facts = connectionOf('1.2');
    const meeting = new Meeting(
      new ScriptedSession([
        expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' }),
        expects.handshake([finished, data], { took: finished.length, info: facts }),
        expects.encrypt('hello', { ciphertext: 'HELLO' }),
        expects.decrypt(data, { plaintext: 'data' }),
        beganByClient,
        expects.handshake([answer], { info: facts }),
      ]),
    );
    let outcome: Promise<unknown> = Promise.resolve();
    meeting.onEstablished = () => {
      meeting.onEstablished = () => undefined;
      meeting.connection.write([Buffer.from('hello')], () => undefined);
      outcome = meeting.connection.renegotiate({});
    };
    await meeting.settle();
    meeting.takeReceived();
    await meeting.say(Buffer.concat([finished, data]));
    await meeting.say(answer);
    await outcome;
    assert.equal(meeting.takeReceived(), 'HELLOhello again');
    assert.equal(meeting.plaintext, 'data');
  });
});

describe('tls/socket/connection: handshakeTimeout', () => {
  const ticket = dataRecord('ticket');
  const script = [
    expects.decrypt(ticket, { status: Status.Renegotiate, message: ticket }),
    expects.handshake([ticket]),
  ];
  const { setTimeout, clearTimeout } = globalThis;
  /** Timers that run, none by the clock. */
  const timers = new Map<object, () => void>();
  beforeEach(() => {
    timers.clear();
    const set = (callback: () => void, milliseconds: number): object => {
      assert.equal(milliseconds, TIMEOUT);
      const timer = { unref: () => timer };
      timers.set(timer, callback);
      return timer;
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: (timer: object) => timers.delete(timer) });
  });
  afterEach(() => Object.assign(globalThis, { setTimeout, clearTimeout }));

  it('bounds the time for which Windows has the connection', async () => {
    const meeting = await met('client', connectionOf('1.3'), script);
    assert.equal(timers.size, 0);
    meeting.deliver(ticket);
    for (const expire of timers.values()) expire();
    assert.deepEqual(codesOf(meeting.failures), ['ERR_TLS_HANDSHAKE_TIMEOUT']);
  });

  it('counts no longer when Windows has given it back, before our close_notify and after it', async () => {
    const meeting = await met('client', connectionOf('1.3'), [
      ...script,
      expects.shutdown({ token: 'bye' }),
      ...script,
    ]);
    meeting.connection.consumerReads = true;
    await meeting.say(ticket);
    assert.equal(timers.size, 0);
    meeting.connection.finish(() => undefined);
    await meeting.say(ticket);
    assert.equal(timers.size, 0);
    meeting.session.assertPlayed();
  });
});

describe('tls/socket/connection: a transport that somebody destroys', () => {
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

  describe('while Windows has a ticket, and more has come behind it,', () => {
    const ticket = dataRecord('ticket');
    /** The peer's data, and its close_notify where it has sent one. */
    const behind = (text: Buffer, status: number): Call[] => [
      expects.decrypt(Buffer.concat([ticket, text]), {
        status: Status.Renegotiate,
        message: Buffer.from('ticket'),
        took: ticket.length,
      }),
      expects.handshake([Buffer.from('ticket')]),
      expects.decrypt(text, { status, plaintext: 'data' }),
    ];
    const cut = behind(data, Status.Ok);
    const said = Buffer.concat([data, notice]);
    const whole = behind(said, Status.ContextExpired);
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

    it('is reported behind the data and its end', async () => {
      const meeting = await met('client', connectionOf('1.3'), cut);
      meeting.deliver(Buffer.concat([ticket, data]));
      meeting.transport.destroy();
      await new Promise((resolve) => meeting.transport.once('close', resolve));
      assert.deepEqual([meeting.plaintext, meeting.ends, meeting.abandoned], ['', [], false]);
      await meeting.settle();
      assert.deepEqual([meeting.plaintext, meeting.ends, meeting.abandoned], ['data', [false], true]);
    });

    it('is reported at once where it is a socket of the program, which wants no more of it', async () => {
      const server = net.createServer((peer) => peer.resume()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const owner = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(owner, 'connect');
      server.close();
      const opening = [
        expects.handshake([], { status: Status.ContinueNeeded, token: 'client hello' }),
        expects.handshake([finished], { info: connectionOf('1.3') }),
      ];
      const meeting = new Meeting(new ScriptedSession([...opening, ...cut]), {}, owner);
      await meeting.settle();
      meeting.deliver(finished);
      await meeting.settle();
      meeting.deliver(Buffer.concat([ticket, data]));
      const found = new Promise((resolve) => {
        owner.once('close', () => resolve([meeting.plaintext, meeting.ends, meeting.abandoned]));
      });
      owner.destroy();
      assert.deepEqual(await found, ['', [false], true]);
      meeting.connection.close(null, () => undefined);
    });

    it('takes nothing of a peer that has said all', async () => {
      const meeting = await met('client', connectionOf('1.3'), whole);
      meeting.deliver(Buffer.concat([ticket, said]));
      meeting.transport.destroy();
      await meeting.settle();
      assert.deepEqual([meeting.plaintext, meeting.ends, meeting.abandoned], ['data', [true], false]);
    });

    it('by a reset that answers our close_notify: an answer that had come is not lost', async () => {
      const meeting = await met('client', connectionOf('1.3'), [
        expects.shutdown({ token: 'bye' }),
        ...whole,
      ]);
      meeting.connection.finish(() => undefined);
      await meeting.settle();
      meeting.deliver(Buffer.concat([ticket, said]));
      meeting.transport.destroy(reset);
      await meeting.settle();
      assert.deepEqual([meeting.plaintext, meeting.ends, meeting.failures], ['data', [true], []]);
    });

    it('by a reset is a failure where data is missing', async () => {
      const meeting = await met('client', connectionOf('1.3'), cut);
      meeting.deliver(Buffer.concat([ticket, data]));
      meeting.transport.destroy(reset);
      await meeting.settle();
      assert.deepEqual([meeting.plaintext, meeting.ends], ['data', [false]]);
      assert.deepEqual(meeting.failures, [reset]);
    });
  });
});

describe('tls/socket/connection: a transport that delivers something else than bytes', () => {
  it('ends the connection when a decoder is set, as in node:tls', async () => {
    const meeting = await met('client', connectionOf('1.2'), []);
    meeting.connection.consumerReads = true;
    meeting.transport.setEncoding('utf8');
    await meeting.say(answer);
    const [error, ...others] = meeting.failures as NodeJS.ErrnoException[];
    assert.deepEqual([error?.code, others], ['ERR_STREAM_WRAP', []]);
    assert.match(error?.message ?? '', /StringDecoder .* objectMode/);
  });

  it('ends it when it is in objectMode, and what comes is no bytes', async () => {
    const transport = new Duplex({
      objectMode: true,
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(),
    });
    const greeting = expects.handshake([], { status: Status.ContinueNeeded, token: 'hello' });
    const meeting = new Meeting(new ScriptedSession([greeting]), {}, transport);
    await meeting.settle();
    transport.push({ some: 'thing' });
    await meeting.settle();
    assert.deepEqual(
      meeting.failures.map((error) => 'code' in error && error.code),
      ['ERR_STREAM_WRAP'],
    );
  });
});

describe('tls/socket/connection: the end of a connection', () => {
  afterEach(() => mock.timers.reset());

  it('is reached while a program has replaced the timers', async () => {
    const meeting = new Meeting(new ScriptedSession([]));
    const { promise, resolve } = deferred();
    mock.timers.enable({ apis: ['setImmediate'] });
    meeting.connection.close(null, resolve);
    await promise;
  });
});
