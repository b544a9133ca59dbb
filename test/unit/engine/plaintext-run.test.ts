import assert from 'node:assert/strict';
import { PlaintextRun } from '#lib/engine/plaintext-run.js';
import { Status } from '#lib/engine/status.js';
import { connectionOf } from '../../support/connection.js';
import { ToySession, toy } from '../../support/toy-session.js';

const HEADER = connectionOf('1.3').sizes.header;

/** A session behind its handshake. */
function openSession(): ToySession {
  const session = new ToySession('1.3');
  session.handshake([], () => undefined);
  session.completeStep();
  session.handshake([toy.finished('certificate', 23)], () => undefined);
  session.completeStep();
  return session;
}

function runOf(session: ToySession): PlaintextRun {
  return new PlaintextRun(session, session.result, HEADER);
}

const text = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString('latin1');

describe('PlaintextRun', () => {
  it('puts what it decrypts from several places in one piece of new memory', () => {
    const run = runOf(openSession());
    const [first, second] = [toy.data('one'), Buffer.concat([toy.data('two'), toy.data('three')])];
    assert.equal(run.decrypt(first, 0, first.length, first.length + second.length), first.length);
    assert.equal(run.decrypt(second, 0, second.length, second.length), second.length);
    const pieces = run.pieces();
    assert.equal(pieces.length, 1);
    assert.equal(text(pieces), 'onetwothree');
    assert.equal(run.written, 11);
  });

  it('leaves the plaintext in the chunk it may use', () => {
    const run = runOf(openSession());
    const chunk = Buffer.concat([Buffer.from('..'), toy.data('one'), toy.data('two')]);
    assert.equal(run.decryptInPlace(chunk, 2, chunk.length), chunk.length - 2);
    const [piece] = run.pieces();
    assert.equal(piece?.buffer, chunk.buffer);
    assert.equal(text(run.pieces()), 'onetwo');
  });

  it('has two pieces when a record was completed before', () => {
    const run = runOf(openSession());
    const [partial, chunk] = [toy.data('one'), toy.data('two')];
    run.decrypt(partial, 0, partial.length, partial.length);
    run.decryptInPlace(chunk, 0, chunk.length);
    assert.deepEqual(
      run.pieces().map((piece) => text([piece])),
      ['one', 'two'],
    );
  });

  it('keeps a message apart from the plaintext before it', () => {
    for (const inPlace of [false, true]) {
      const run = runOf(openSession());
      const chunk = Buffer.concat([toy.data('one'), toy.ticket('first')]);
      if (inPlace) run.decryptInPlace(chunk, 0, chunk.length);
      else run.decrypt(chunk, 0, chunk.length, chunk.length);
      assert.equal(run.status, Status.Renegotiate);
      assert.equal(text(run.pieces()), 'one');
      assert.ok(run.message.length > 0);
      assert.match(text([run.message]), /first/);
    }
  });

  it('has no piece where there was no plaintext', () => {
    const run = runOf(openSession());
    const chunk = toy.empty();
    run.decrypt(chunk, 0, chunk.length, chunk.length);
    assert.deepEqual(run.pieces(), []);
    assert.equal(run.status, Status.Ok);
  });
});
