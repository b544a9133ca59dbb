import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { PassThrough, type Duplex, duplexPair } from 'node:stream';
import { ClearReading } from '#lib/apps/probe/clear-reading.js';
import type { Outcome } from '#lib/apps/probe/outcome.js';
import { targetOf } from '#lib/apps/probe/target.js';
import { Visitor, type Manners } from '#lib/apps/probe/visitor.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';
import { alertAnswer, handshake, helloAnswer, record } from '../../../support/server-flight.js';

const HELLO = Uint8Array.of(1);
const ANSWER = helloAnswer({ version: 0x0303, suite: 0xc02f });
const REFUSAL = alertAnswer(40);

const MANNERS: Manners = { parallel: 4, pause: 0, timeout: 5000, connections: 400, totalTime: 60_000 };

/** What a server does with its nth connection, counted from 1. */
type Behaviour = (connection: number, hello: Uint8Array) => Uint8Array | 'cut' | 'silent';

class Scene {
  readonly clock = new ScriptedClock();
  readonly visitor: Visitor;
  connections = 0;
  open = 0;
  most = 0;

  constructor(behave: Behaviour, manners: Partial<Manners> = {}, signal?: AbortSignal) {
    const connect = (): Promise<Duplex> => {
      const [client, server] = duplexPair();
      const number = (this.connections += 1);
      this.open += 1;
      this.most = Math.max(this.most, this.open);
      client.once('close', () => {
        this.open -= 1;
        server.destroy();
      });
      server
        .on('error', () => undefined)
        .once('data', (hello: Uint8Array) => {
          const answer = behave(number, hello);
          if (answer === 'cut') server.end();
          else if (answer !== 'silent') server.write(answer);
        });
      return Promise.resolve(client);
    };
    this.visitor = new Visitor(connect, { ...MANNERS, ...manners }, this.clock, signal);
  }

  ask(hello = HELLO): Promise<Outcome> {
    return this.visitor.ask(() => new ClearReading(hello));
  }

  /** Lets the clock go on until all of it is settled. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { isOver: false };
    const watch = promise.finally(() => (state.isOver = true));
    watch.catch(() => undefined);
    for (let step = 0; !state.isOver; step += 1) {
      assert.ok(step < 2000, 'it hangs');
      await idle();
      await this.clock.advance(50);
    }
    return promise;
  }
}

describe('apps/probe/visitor', () => {
  it('makes no more connections at the same time than it may', async () => {
    for (const parallel of [1, 3]) {
      const scene = new Scene(() => ANSWER, { parallel });
      await scene.settled(Promise.all(Array.from({ length: 20 }, () => scene.ask())));
      assert.deepEqual([scene.most, scene.connections, scene.open], [parallel, 20, 0]);
    }
  });

  it('waits between connections where it has to be gentle', async () => {
    const scene = new Scene(() => ANSWER, { pause: 300 });
    await scene.settled(Promise.all(Array.from({ length: 5 }, () => scene.ask())));
    assert.equal(scene.most, 1);
    assert.equal(scene.clock.waits.filter((wait) => wait === 300).length, 4);
  });

  it('takes a cut for a refusal only if another hello is answered and this one is cut again', async () => {
    const refused = Uint8Array.of(2);
    const scene = new Scene((_, hello) => (hello[0] === 2 ? 'cut' : ANSWER));
    await scene.settled(scene.ask());
    assert.deepEqual(await scene.settled(scene.ask(refused)), { end: 'cut', isRefusal: true });
    // the hello, another one, and the hello twice more
    assert.equal(scene.connections, 1 + 4);
    assert.equal(scene.visitor.isCareful, false);
  });

  it('asks only once more if the server has cut nothing else', async () => {
    const refused = Uint8Array.of(2);
    const scene = new Scene((_, hello) => (hello[0] === 2 ? 'cut' : ANSWER));
    for (let count = 0; count < 6; count += 1) await scene.settled(scene.ask());
    assert.deepEqual(await scene.settled(scene.ask(refused)), { end: 'cut', isRefusal: true });
    assert.equal(scene.connections, 6 + 2);
    assert.equal(scene.visitor.isCareful, false);
  });

  it('gets every answer of a server that cuts each third connection', async () => {
    const scene = new Scene((connection, hello) =>
      connection % 3 === 0 ? 'cut' : hello[0] === 2 ? REFUSAL : ANSWER,
    );
    await scene.settled(scene.ask());
    const asked = Array.from({ length: 30 }, (_, index) => scene.ask(Uint8Array.of(index % 2 === 0 ? 1 : 2)));
    const ends = (await scene.settled(Promise.all(asked))).map(({ end }) => end);
    assert.deepEqual(
      ends,
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 'answer' : 'alert')),
    );
  });

  it('waits longer and longer for a server that cuts all, one connection at a time, and gives up', async () => {
    const scene = new Scene((connection) => (connection === 1 ? ANSWER : 'cut'));
    await scene.settled(scene.ask());
    const outcome = await scene.settled(scene.ask());
    assert.deepEqual(outcome, { end: 'cut', isRefusal: false });
    const pauses = scene.clock.waits.filter((wait) => wait !== MANNERS.timeout);
    assert.deepEqual(pauses.slice(0, 5), [250, 500, 1000, 2000, 4000]);
    assert.ok(pauses.every((pause) => pause <= 4000));
    assert.equal(scene.visitor.isCareful, true);
  });

  it('asks a silent server twice, and leaves it alone after three hellos', async () => {
    const scene = new Scene((connection) => (connection === 1 ? ANSWER : 'silent'));
    await scene.settled(scene.ask());
    const outcomes = await scene.settled(Promise.all(Array.from({ length: 6 }, () => scene.ask())));
    assert.ok(outcomes.every(({ end }) => end === 'timeout' || end === 'given-up'));
    assert.equal(scene.visitor.givenUp, 'silent');
    const { connections, clock } = scene;
    const waits = clock.waits.length;
    assert.deepEqual(await scene.settled(scene.ask()), { end: 'given-up', why: 'silent' });
    // Neither another connection nor another wait.
    assert.deepEqual([scene.connections, clock.waits.length], [connections, waits]);
  });

  it('does not retry before any hello was answered: the caller has others', async () => {
    const scene = new Scene(() => 'cut');
    assert.deepEqual(await scene.settled(scene.ask()), { end: 'cut', isRefusal: false });
    assert.equal(scene.connections, 1);
  });

  it('stops at its limits of connections and of time', async () => {
    const few = new Scene(() => ANSWER, { connections: 3 });
    const ends = await few.settled(Promise.all(Array.from({ length: 5 }, () => few.ask())));
    assert.deepEqual([few.connections, ends.filter(({ end }) => end === 'given-up').length], [3, 2]);
    assert.equal(few.visitor.givenUp, 'connections');
    const short = new Scene(() => ANSWER, { totalTime: 1000 });
    await short.settled(short.ask());
    await short.clock.advance(1000);
    assert.deepEqual(await short.settled(short.ask()), { end: 'given-up', why: 'time' });
  });

  it('stops when the server can no longer be reached', async () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const visitor = new Visitor(() => Promise.reject(refused), MANNERS, new ScriptedClock(), undefined);
    const ask = () => visitor.ask(() => new ClearReading(HELLO));
    assert.deepEqual(await ask(), { end: 'unreachable', error: refused });
    assert.deepEqual(await ask(), { end: 'given-up', why: 'unreachable' });
    assert.equal(visitor.connections, 1);
  });

  it('ends with an AbortError, and connects no more', async () => {
    const abort = new AbortController();
    const scene = new Scene(() => ANSWER, { parallel: 1 }, abort.signal);
    await scene.settled(scene.ask());
    abort.abort();
    await assert.rejects(scene.settled(scene.ask()), { name: 'AbortError' });
    assert.equal(scene.connections, 1);
  });

  it('ends at once when it is aborted, and leaves neither sockets nor timers nor listeners', async () => {
    for (const manners of [{ parallel: 2 }, { pause: 300 }]) {
      const abort = new AbortController();
      const scene = new Scene((connection) => (connection === 1 ? ANSWER : 'silent'), manners, abort.signal);
      await scene.settled(scene.ask());
      const asked = [scene.ask(), scene.ask(), scene.ask()];
      await idle();
      abort.abort();
      for (const each of asked) await assert.rejects(each, { name: 'AbortError' });
      await idle();
      assert.deepEqual([scene.open, scene.clock.timers], [0, 0]);
      assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
    }
  });

  it('takes what is no stream for a server that cannot be reached', async () => {
    const { open } = targetOf(() => ({}) as Duplex, 1000);
    const visitor = new Visitor(open, MANNERS, new ScriptedClock(), undefined);
    const outcome = await visitor.ask(() => new ClearReading(HELLO));
    assert.equal(
      outcome.end === 'unreachable' && outcome.error.message,
      'the function for the target must return a Duplex',
    );
  });

  it('reads no further than its limit, whatever comes', async () => {
    const long = Uint8Array.of(22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff);
    assert.deepEqual(await new Scene(() => long).ask(), { end: 'too-much' });
    const endless = new PassThrough({ highWaterMark: 1 });
    let sent = 0;
    endless._write = (_chunk, _encoding, done) => done();
    // Warnings are passed over, as old servers send one about the name.
    endless._read = () => {
      sent += 7;
      endless.push(Uint8Array.of(21, 3, 3, 0, 2, 1, 112));
    };
    const visitor = new Visitor(() => Promise.resolve(endless), MANNERS, new ScriptedClock(), undefined);
    assert.deepEqual(await visitor.ask(() => new ClearReading(HELLO)), { end: 'too-much' });
    assert.ok(sent < 70 * 1024, `${sent}`);
  });

  it('reads an answer that comes byte by byte, and knows what is garbled', async () => {
    const reading = new ClearReading(HELLO);
    const outcomes = [...ANSWER].map((byte) => reading.push(Uint8Array.of(byte)));
    assert.deepEqual(
      outcomes.slice(0, -1).filter((outcome) => outcome !== null),
      [],
    );
    assert.equal(outcomes.at(-1)?.end, 'answer');
    const garbled = record(22, handshake(2, Uint8Array.of(3, 3, 0)));
    assert.deepEqual(await new Scene(() => garbled).ask(), { end: 'garbled' });
    assert.deepEqual(await new Scene(() => record(21, Uint8Array.of(2))).ask(), { end: 'garbled' });
    assert.deepEqual(await new Scene(() => Buffer.from('HTTP/1.1 400 Bad Request')).ask(), {
      end: 'not-tls',
      text: 'HTTP/1.1 400 Bad Request',
    });
  });
});
