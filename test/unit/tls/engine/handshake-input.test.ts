import assert from 'node:assert/strict';
import { HandshakeInput } from '#lib/tls/engine/handshake-input.js';
import { Inbound } from '#lib/tls/engine/inbound.js';
import { alertRecord, handshakeRecord } from '../../../support/records.js';
import { ScriptedSession } from '../../../support/scripted-session.js';

const hello = handshakeRecord('hello');
const more = handshakeRecord('more');

function inputOf(...bytes: readonly Uint8Array[]): { inbound: Inbound; input: HandshakeInput } {
  const session = new ScriptedSession([]);
  const inbound = new Inbound(session, session.result);
  inbound.append(Buffer.concat(bytes));
  return { inbound, input: new HandshakeInput(inbound) };
}

const text = (portions: readonly Uint8Array[]): string[] =>
  portions.map((portion) => Buffer.from(portion).toString('latin1'));

describe('tls/engine/handshake-input', () => {
  it('has news once a record is whole, and none when it was offered', () => {
    const { inbound, input } = inputOf(hello.subarray(0, 6));
    assert.equal(input.look(), null);
    assert.equal(input.hasNews, false);
    inbound.append(hello.subarray(6));
    input.look();
    assert.equal(input.hasNews, true);
    assert.deepEqual(text(input.offer().portions), [hello.toString('latin1')]);
    input.look();
    assert.equal(input.hasNews, false);
    assert.deepEqual([input.seen, input.isBegun], [hello.length, false]);
  });

  it('offers again at once what lies behind what a step took', () => {
    const { input } = inputOf(hello, more);
    input.look();
    const offer = input.offer();
    const rest = input.take(offer, hello.length);
    assert.equal(rest, more.length);
    input.keep(rest, true);
    assert.deepEqual([input.hasNews, input.isBegun], [true, true]);
    assert.deepEqual(text(input.offer().portions), [more.toString('latin1')]);
  });

  it('waits for more where a step took nothing', () => {
    const { inbound, input } = inputOf(hello);
    input.look();
    const rest = input.take(input.offer(), 0);
    input.keep(rest, false);
    assert.deepEqual([input.hasNews, input.tried], [false, hello.length]);
    inbound.append(more);
    input.look();
    assert.deepEqual(text(input.offer().portions), [Buffer.concat([hello, more]).toString('latin1')]);
  });

  it('accounts for a message before the records, and leaves its rest to application data', () => {
    const { inbound, input } = inputOf(more);
    const offer = input.offerMessage(Buffer.from('ticket'));
    assert.deepEqual([text(offer.portions), offer.bytes], [['ticket'], 0]);
    assert.equal(input.take(offer, 4), 0);
    input.finish();
    assert.equal(inbound.view().length, 2 + more.length);
    assert.equal(Buffer.from(inbound.view().subarray(0, 2)).toString(), 'et');
  });

  it('remembers an alert, and reports bytes that are no record', () => {
    const { input } = inputOf(alertRecord(40), Buffer.from('HTTP'));
    assert.equal(input.look(), 'not-tls');
    assert.equal(input.alert?.description, 40);
    assert.equal(Buffer.from(input.behind()).toString(), 'HTTP');
  });
});
