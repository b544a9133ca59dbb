import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ConnectionFacts } from '#lib/apps/tunnel/passage.js';
import { BUCKETS } from '#lib/apps/tunnel/status/histogram.js';
import { Recorder } from '#lib/apps/tunnel/status/recorder.js';
import type { Tunnel, TunnelEvents } from '#lib/apps/tunnel/tunnel.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

describe('apps/tunnel/status/recorder', () => {
  let clock: ScriptedClock;
  let tunnel: EventEmitter<TunnelEvents>;
  let recorder: Recorder;

  beforeEach(() => {
    clock = new ScriptedClock(1000);
    tunnel = new EventEmitter<TunnelEvents>();
    Object.assign(tunnel, { status: () => figuresOf().status });
    recorder = new Recorder(tunnel as Tunnel, clock);
  });

  const connection = (id: number, facts: Partial<ConnectionFacts> = {}): ConnectionFacts => ({
    id,
    tunnel: 'imaps',
    from: '',
    since: new Date(clock.now()),
    state: 'connecting',
    target: null,
    source: null,
    redirected: false,
    tls: null,
    bytesToTls: 0,
    bytesFromTls: 0,
    ...facts,
  });

  const failed = (code: string, cause?: Error): Error =>
    Object.assign(new Error(code, { ...(cause !== undefined && { cause }) }), { code });

  it('measures the handshake of a client from its transport, and the connection from its start', async () => {
    const facts = connection(1);
    tunnel.emit('connection', facts);
    await clock.advance(30_000);
    tunnel.emit('connected', facts);
    await clock.advance(40);
    tunnel.emit('secure', facts);
    tunnel.emit('open', facts);
    await clock.advance(960);
    tunnel.emit('close', facts, null);
    const { handshakes, connections, results } = recorder.figures;
    assert.equal(handshakes.sum, 0.04);
    assert.equal(handshakes.counts[BUCKETS.indexOf(0.05)], 1);
    assert.equal(connections.sum, 31);
    assert.deepEqual(results, { success: 1, error: 0, timeout: 0, refused: 0 });
  });

  it('measures the handshake of a server from the acceptance', async () => {
    tunnel.emit('connection', connection(1));
    await clock.advance(200);
    const secure = connection(1, {
      tls: {
        protocol: 'TLSv1.3',
        cipher: null,
        resumed: false,
        servername: null,
        subject: null,
        thumbprint: null,
        verified: false,
      },
    });
    tunnel.emit('secure', secure);
    await clock.advance(5000);
    tunnel.emit('connected', secure);
    assert.equal(recorder.figures.handshakes.sum, 0.2);
  });

  it('distinguishes who was turned away, what took too long and what failed', () => {
    const errors = [
      failed('ERR_SCHANNEL_TUNNEL_NOT_ALLOWED'),
      failed('ERR_SCHANNEL_TUNNEL_LIMIT'),
      failed('ERR_TLS_HANDSHAKE_TIMEOUT'),
      failed('ERR_SCHANNEL_TUNNEL_CONNECT', failed('ETIMEDOUT')),
      failed('ECONNRESET'),
    ];
    for (const [at, error] of errors.entries()) {
      tunnel.emit('connection', connection(at));
      tunnel.emit('refused', connection(at), error);
    }
    assert.deepEqual(recorder.figures.results, { success: 0, error: 1, timeout: 2, refused: 2 });
  });

  it('counts reloads', () => {
    tunnel.emit('reload', null);
    tunnel.emit('reload', new Error('wrong'));
    tunnel.emit('reload', new Error('wrong'));
    assert.deepEqual(recorder.figures.reloads, { success: 1, failure: 2 });
  });
});
