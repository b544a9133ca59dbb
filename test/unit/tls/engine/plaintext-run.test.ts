import assert from 'node:assert/strict';
import { PlaintextRun } from '#lib/tls/engine/plaintext-run.js';
import { Status } from '#lib/tls/engine/status.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { ToySession, toyOf, type ToyOptions } from '../../../support/toy-session.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Memory that holds these bytes and no other. */
function exactly(...pieces: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(pieces);
  const memory = Buffer.allocUnsafeSlow(bytes.length);
  memory.set(bytes);
  return memory;
}

/** A run of a session that is behind its handshake. */
function runOf(header: number, options: ToyOptions = {}): PlaintextRun {
  const session = new ToySession('1.3', { ...options, header });
  session.handshake([], () => undefined);
  session.completeStep();
  session.handshake([toyOf(header).finished('certificate', 23)], () => undefined);
  session.completeStep();
  return new PlaintextRun(session, session.result, header);
}

for (const header of [5, 13, 21]) {
  const toy = toyOf(header);

  describe(`tls/engine/plaintext-run: PlaintextRun, with headers of ${header} bytes`, () => {
    it('puts a record that lies in two memories and those behind it in one piece of new memory', () => {
      const [first, rest] = [toy.data('one'), Buffer.concat([toy.data('two'), toy.data('three')])];
      for (let split = 0; split <= first.length; split += 1) {
        const run = runOf(header);
        const [beginning, chunk] = [
          exactly(first.subarray(0, split)),
          exactly(Buffer.from('..'), first.subarray(split), rest),
        ];
        assert.equal(run.decrypt(chunk, 2, chunk.length, beginning), first.length + rest.length);
        assert.equal(text(run.plaintext), 'onetwothree');
        assert.equal(run.written, 11);
      }
    });

    it('leaves the plaintext in the chunk it may use', () => {
      const run = runOf(header);
      const chunk = exactly(Buffer.from('..'), toy.data('one'), toy.data('two'));
      assert.equal(run.decryptInPlace(chunk, 2, chunk.length), chunk.length - 2);
      assert.equal(run.plaintext.buffer, chunk.buffer);
      assert.equal(text(run.plaintext), 'onetwo');
    });

    it('has none where there was no plaintext', () => {
      const run = runOf(header);
      const chunk = exactly(toy.empty());
      run.decrypt(chunk, 0, chunk.length);
      assert.equal(run.plaintext.length, 0);
      assert.equal(run.status, Status.Ok);
    });

    it('needs no place for a header in a chunk that is shorter than one', () => {
      const run = runOf(header);
      const chunk = Buffer.from('1703030000', 'hex');
      run.decryptInPlace(chunk, 0, chunk.length);
      assert.equal(run.plaintext.length, 0);
      assert.equal(run.status, 0x80090330 | 0, 'it is no record of this cipher');
    });
  });

  describeEachMessageForm(`PlaintextRun, with headers of ${header} bytes`, (messageOf) => {
    for (const inPlace of [false, true]) {
      const where = inPlace ? 'in place' : 'in new memory';
      const decrypt = (run: PlaintextRun, chunk: Buffer): number =>
        inPlace ? run.decryptInPlace(chunk, 0, chunk.length) : run.decrypt(chunk, 0, chunk.length);

      it(`has a message apart, ${where}, at the end of its memory`, () => {
        for (const before of ['', 'one', 'much longer than the message'.repeat(3)]) {
          const run = runOf(header, { messageOf });
          const ticket = toy.ticket('first');
          const chunk = exactly(before === '' ? Buffer.alloc(0) : toy.data(before), ticket);
          assert.equal(decrypt(run, chunk), chunk.length);
          assert.equal(run.status, Status.Renegotiate);
          assert.equal(text(run.plaintext), before);
          assert.deepEqual(Buffer.from(run.message), messageOf(ticket));
          assert.notEqual(run.message.buffer, chunk.buffer);
        }
      });

      it(`leaves what follows a message as it was, ${where}`, () => {
        const run = runOf(header, { messageOf });
        const ticket = toy.ticket('first');
        const rest = Buffer.concat([toy.ticket('second'), toy.data('two')]);
        const chunk = exactly(toy.data('one'), ticket, rest);
        const at = decrypt(run, chunk);
        assert.equal(at, chunk.length - rest.length);
        assert.deepEqual(chunk.subarray(at), rest);
        assert.equal(text(run.plaintext), 'one');
        assert.deepEqual(Buffer.from(run.message), messageOf(ticket));
      });
    }
  });
}
