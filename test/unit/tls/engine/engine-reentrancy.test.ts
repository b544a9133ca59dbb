import assert from 'node:assert/strict';
import type { Engine } from '#lib/tls/engine/engine.js';
import type { EngineEffects } from '#lib/tls/engine/effects.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, begin, open, verifying, type Play } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { dataRecord, handshakeRecord } from '../../../support/records.js';
import { expects } from '../../../support/scripted-session.js';

const { ContextExpired, ContinueNeeded, Renegotiate } = Status;
const [one, two, three] = [dataRecord('one'), dataRecord('two'), dataRecord('three')] as const;
const ticket = dataRecord('ticket');
const joined = (...records: Uint8Array[]): Buffer => Buffer.concat(records);

/** Effects of which `name` also does something with the engine, once. */
function within(
  name: keyof EngineEffects,
  act: (engine: Engine) => void,
): { within: Partial<EngineEffects>; of(play: Play): void } {
  let play: Play | null = null;
  return {
    within: {
      [name]: () => {
        const engine = play?.engine;
        play = null;
        if (engine) act(engine);
      },
    },
    of: (one) => {
      play = one;
    },
  };
}

describeEachMessageForm('tls/engine/engine: an owner that acts within an effect', (messageOf) => {
  afterEach(assertPlays);

  it('accepts within secure()', () => {
    const acts = within('secure', (engine) => engine.accept());
    const flight = handshakeRecord('flight');
    const play = begin(
      [
        expects.handshake([], { status: ContinueNeeded }),
        expects.handshake([flight, one], { took: flight.length }),
      ],
      acts,
    );
    acts.of(play);
    play.session.then(expects.decrypt(one, { plaintext: '1' }));
    play.feed(flight, one);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['secure', 'writable', 'plaintext 1']);
  });

  it('feeds within ticket()', () => {
    const long = dataRecord('a ticket, which is longer than a key update');
    const message = messageOf(long);
    const acts = within('ticket', (engine) => engine.receive(one));
    const play = open(
      [
        expects.decrypt(long, { status: Renegotiate, message }),
        expects.handshake([message]),
        expects.decrypt(one, { plaintext: '1' }),
      ],
      acts,
    );
    acts.of(play);
    play.feed(long);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['renegotiating', 'ticket', 'writable', 'plaintext 1']);
  });

  it('ends its side within ticket()', () => {
    const long = dataRecord('a ticket, which is longer than a key update');
    const message = messageOf(long);
    const acts = within('ticket', (engine) => engine.shutdown());
    const play = open(
      [
        expects.decrypt(long, { status: Renegotiate, message }),
        expects.handshake([message]),
        expects.shutdown({ token: 'bye' }),
        expects.decrypt(one, { plaintext: '1' }),
      ],
      acts,
    );
    acts.of(play);
    play.feed(long);
    play.feed(one);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['renegotiating', 'ticket', 'write bye', 'shutdown', 'plaintext 1']);
  });

  it('rejects within secure()', () => {
    const acts = within('secure', (engine) => engine.reject(42, new Error('no')));
    const play = begin([expects.handshake([]), expects.alert(42)], acts);
    acts.of(play);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['secure', 'fail no']);
  });

  it('encrypts within plaintext(), with data still to come', () => {
    const acts = within('plaintext', (engine) => {
      assert.equal(engine.encrypt(Buffer.from('echo'), 0, 4, Buffer.alloc(100), 0), 6);
    });
    const play = open(
      [
        expects.decrypt(one, { plaintext: '1' }),
        expects.encrypt('echo', { ciphertext: '<echo>' }),
        expects.decrypt(two, { plaintext: '2' }),
      ],
      acts,
    );
    acts.of(play);
    play.feed(one, two.subarray(0, 5));
    play.feed(two.subarray(5));
    assert.deepEqual(play.takeEffects(), ['plaintext 1', 'plaintext 2']);
  });

  it('cannot encrypt within plaintext() when a message came behind it', () => {
    let could = true;
    const acts = within('plaintext', (engine) => {
      could = engine.canEncrypt;
    });
    const play = open(
      [
        expects.decrypt(joined(one, ticket), {
          status: Renegotiate,
          plaintext: '1',
          message: messageOf(ticket),
        }),
        expects.handshake([messageOf(ticket)]),
      ],
      acts,
    );
    acts.of(play);
    play.feed(one, ticket);
    assert.equal(could, false);
    play.completeStep();
  });

  it('cannot encrypt or decrypt within renegotiating()', () => {
    let could = true;
    const acts = within('renegotiating', (engine) => {
      could = engine.canEncrypt;
      engine.receive(two);
    });
    const play = open(
      [
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)]),
        expects.decrypt(two, { plaintext: '2' }),
      ],
      acts,
    );
    acts.of(play);
    play.feed(ticket);
    assert.equal(could, false);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable', 'plaintext 2']);
  });

  it('shuts down within plaintext() and within end()', () => {
    for (const effect of ['plaintext', 'end'] as const) {
      const acts = within(effect, (engine) => engine.shutdown());
      const play = open(
        [
          expects.decrypt(one, { status: ContextExpired, plaintext: '1' }),
          expects.shutdown({ token: 'bye' }),
        ],
        acts,
      );
      acts.of(play);
      play.feed(one);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['plaintext 1', 'end by close_notify', 'write bye', 'shutdown']);
    }
  });

  it('shuts down within plaintext(), and a fault behind it asks Windows for no alert meanwhile', () => {
    const acts = within('plaintext', (engine) => engine.shutdown());
    const play = open([expects.decrypt(one, { plaintext: '1' }), expects.shutdown({ token: 'bye' })], acts);
    acts.of(play);
    play.feed(one, Buffer.from('HTTP/1.1'));
    assert.deepEqual(play.takeEffects(), ['plaintext 1', 'fail ERR_SCHANNEL_PEER_RECORD_INVALID']);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), []);
  });

  it('shuts down within writable(): what waits is decrypted behind it', () => {
    const acts = within('writable', (engine) => engine.shutdown());
    const play = verifying(
      [expects.shutdown({ token: 'bye' }), expects.decrypt(one, { plaintext: '1' })],
      acts,
    );
    acts.of(play);
    play.feed(one);
    play.engine.accept();
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['writable', 'write bye', 'shutdown', 'plaintext 1']);
  });

  describe('receives', () => {
    // A transport in memory answers a write before the write returns.
    it('within writable(): behind what waits', () => {
      const acts = within('writable', (engine) => engine.receive(joined(two.subarray(4), three)));
      const play = verifying([expects.decrypt(joined(one, two, three), { plaintext: '123' })], acts);
      acts.of(play);
      play.feed(one, two.subarray(0, 4));
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), ['writable', 'plaintext 123']);
    });

    it('within shutdown(): behind what waits', () => {
      const acts = within('shutdown', (engine) => engine.receive(two));
      const play = open([expects.shutdown(), expects.decrypt(joined(one, two), { plaintext: '12' })], acts);
      acts.of(play);
      play.engine.shutdown();
      play.feed(one);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['shutdown', 'plaintext 12']);
    });

    it('within plaintext(): behind the record that was cut', () => {
      const acts = within('plaintext', (engine) => engine.receive(joined(two.subarray(6), three)));
      const play = open(
        [expects.decrypt(one, { plaintext: '1' }), expects.decrypt(joined(two, three), { plaintext: '23' })],
        acts,
      );
      acts.of(play);
      play.feed(one, two.subarray(0, 6));
      assert.deepEqual(play.takeEffects(), ['plaintext 1', 'plaintext 23']);
    });

    it('within write(): after the step', () => {
      const acts = within('write', (engine) => engine.receive(two));
      const play = open(
        [
          expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
          expects.handshake([messageOf(ticket)], { token: 'answer' }),
          expects.decrypt(joined(one, two), { plaintext: '12' }),
        ],
        acts,
      );
      acts.of(play);
      play.feed(ticket);
      play.feed(one);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write answer', 'writable', 'plaintext 12']);
    });
  });

  it('tells the end of the transport within writable(): after what waits', () => {
    const acts = within('writable', (engine) => engine.transportEnded());
    const play = verifying([expects.decrypt(one, { plaintext: '1' })], acts);
    acts.of(play);
    play.feed(one);
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), ['writable', 'plaintext 1', 'end without notice']);
  });

  describe('closes: nothing comes afterwards', () => {
    const flight = handshakeRecord('flight');
    const hello = expects.handshake([], { status: ContinueNeeded });
    const last = expects.handshake([flight, one], { took: flight.length });
    const first = (token: string): typeof hello => expects.handshake([], { status: ContinueNeeded, token });

    const closing = (name: keyof EngineEffects): ReturnType<typeof within> =>
      within(name, (engine) => engine.close());

    const gone = (play: Play, effects: readonly string[]): void => {
      assert.deepEqual(play.takeEffects(), effects);
      assert.deepEqual(play.engine.phase, { name: 'closed' });
      assert.ok(play.session.closed);
    };

    it('within write() of a step', () => {
      const acts = closing('write');
      const play = begin([first('hello')], acts);
      acts.of(play);
      play.feed(flight);
      play.completeStep();
      gone(play, ['write hello']);
    });

    it('within write() of a step that failed', () => {
      const acts = closing('write');
      const play = begin([expects.handshake([], { status: 0x80090326, token: 'alert' })], acts);
      acts.of(play);
      play.completeStep();
      gone(play, ['write alert']);
    });

    it('within secure()', () => {
      const acts = closing('secure');
      const play = begin([hello, last], acts);
      acts.of(play);
      play.feed(flight, one);
      play.completeSteps();
      gone(play, ['secure']);
    });

    it('within writable()', () => {
      const acts = closing('writable');
      const play = verifying([], acts);
      acts.of(play);
      play.feed(one);
      play.engine.accept();
      gone(play, ['writable']);
    });

    it('within renegotiating()', () => {
      const acts = closing('renegotiating');
      const play = open(
        [
          expects.decrypt(joined(one, ticket), {
            status: Renegotiate,
            plaintext: '1',
            message: messageOf(ticket),
          }),
          expects.handshake([messageOf(ticket)], { token: 'late' }),
        ],
        acts,
      );
      acts.of(play);
      play.feed(one, ticket);
      play.completeSteps();
      gone(play, ['renegotiating']);
    });

    it('within plaintext()', () => {
      const acts = closing('plaintext');
      const play = open([expects.decrypt(one, { status: ContextExpired, plaintext: '1' })], acts);
      acts.of(play);
      play.feed(one, two.subarray(0, 3));
      gone(play, ['plaintext 1']);
    });

    it('within plaintext() before a fault', () => {
      const acts = closing('plaintext');
      const play = open([expects.decrypt(one, { plaintext: '1' })], acts);
      acts.of(play);
      play.feed(one, Buffer.from('HTTP/1.1'));
      gone(play, ['plaintext 1']);
    });

    it('within end() and within fail()', () => {
      const ended = closing('end');
      const first = open([expects.decrypt(one, { status: ContextExpired })], ended);
      ended.of(first);
      first.feed(one);
      gone(first, ['end by close_notify']);

      const failed = closing('fail');
      const second = open([expects.decrypt(one, { status: 0x80090330 })], failed);
      failed.of(second);
      second.feed(one);
      gone(second, ['fail ERR_SCHANNEL_PEER_CORRUPT_RECORD']);
    });

    it('within write() of close_notify', () => {
      const acts = closing('write');
      const play = open([expects.shutdown({ token: 'bye' })], acts);
      acts.of(play);
      play.engine.shutdown();
      play.feed(one);
      play.completeStep();
      gone(play, ['write bye']);
    });

    it('within shutdown()', () => {
      const acts = closing('shutdown');
      const play = open([expects.shutdown({ token: 'bye' })], acts);
      acts.of(play);
      play.engine.shutdown();
      play.feed(one);
      play.completeStep();
      gone(play, ['write bye', 'shutdown']);
    });

    it('within write() of an alert', () => {
      const acts = closing('write');
      const play = verifying([expects.alert(42, { token: 'alert' })], acts, connectionOf('1.2'));
      acts.of(play);
      play.engine.reject(42, new Error('no'));
      play.completeStep();
      gone(play, ['write alert']);
    });
  });
});
