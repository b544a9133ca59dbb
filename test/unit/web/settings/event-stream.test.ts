import assert from 'node:assert/strict';
import type http from 'node:http';
import { PassThrough } from 'node:stream';
import { EventStream } from '#lib/web/settings/event-stream.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';

describe('web/settings/event-stream', () => {
  let response: PassThrough;
  let clock: ScriptedClock;
  let valid: boolean;
  let stream: EventStream;
  beforeEach(() => {
    response = new PassThrough();
    clock = new ScriptedClock();
    valid = true;
    stream = new EventStream(response as unknown as http.ServerResponse, clock, () => valid);
  });

  const sent = (): string => String(response.read() ?? '');

  it('sends events as the standard has them, one line for the data', () => {
    stream.send('log', { text: 'one\ntwo' }, 7);
    stream.send('changed', {});
    assert.equal(sent(), 'event: log\nid: 7\ndata: {"text":"one\\ntwo"}\n\nevent: changed\ndata: {}\n\n');
  });

  it('beats, so that both sides notice that the other is gone', async () => {
    await clock.advance(25_000);
    assert.equal(sent(), ':\n\n');
    assert.equal(clock.timers, 1);
  });

  it('ends with the key', async () => {
    valid = false;
    await clock.advance(25_000);
    assert.ok(response.destroyed);
    assert.equal(clock.timers, 0);
  });

  it('ends with the connection', async () => {
    response.destroy();
    await idle();
    assert.equal(clock.timers, 0);
  });

  it('gives up a reader that does not read', () => {
    let count = 0;
    for (; !response.destroyed && count < 100; count += 1) stream.send('log', 'x'.repeat(100_000));
    assert.ok(response.destroyed);
    assert.ok(count < 20, String(count));
  });
});
