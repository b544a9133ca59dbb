import assert from 'node:assert/strict';
import { EMPTY, observed } from '#lib/apps/tunnel/status/histogram.js';
import { openMetrics } from '#lib/apps/tunnel/status/open-metrics.js';
import { needsPeer, startPeer } from '../../../../support/peers.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

interface Sample {
  readonly type: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus' parser reads. */
async function read(text: string): Promise<readonly Sample[]> {
  const peer = await startPeer('openmetrics', []);
  try {
    peer.stdin.end(text);
    const { input } = await peer.waitFor(/[^]*^end$/m);
    const lines = input.trim().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Sample);
  } finally {
    await peer.stop();
  }
}

describe('apps/tunnel/status/open-metrics', () => {
  before(async function () {
    await needsPeer(this, 'openmetrics');
  });

  it('writes what the parser of Prometheus reads', async () => {
    const name = 'a "b" \\ c\nd';
    const samples = await read(
      openMetrics([
        figuresOf(
          {
            name,
            open: 2,
            bytesToTls: 1_000_000,
            targets: [
              { address: 'a:1', state: 'up', error: null },
              { address: 'b:1', state: 'down', error: 'no' },
              { address: 'c:1', state: 'unknown', error: null },
            ],
            certificate: { subject: 'CN=a', thumbprint: '', validTo: new Date('2027-01-01') },
          },
          {
            results: { success: 5, error: 4, timeout: 3, refused: 2 },
            handshakes: observed(observed(EMPTY, 0.02), 100_000),
            reloads: { success: 1, failure: 6 },
          },
        ),
        figuresOf({ name: 'other', state: 'draining' }),
      ]),
    );
    const value = (sample: string, labels: Readonly<Record<string, string>> = {}, service = name): unknown =>
      samples.find(
        (each) =>
          each.name === sample &&
          each.labels['service'] === service &&
          Object.entries(labels).every(([key, text]) => each.labels[key] === text),
      )?.value;
    assert.equal(value('schannel_tunnel_accept_total', { result: 'success' }), 5);
    assert.equal(value('schannel_tunnel_accept_total', { result: 'timeout' }), 3);
    assert.equal(value('schannel_tunnel_connections_open'), 2);
    assert.equal(value('schannel_tunnel_bytes_total', { direction: 'to_tls' }), 1_000_000);
    assert.equal(value('schannel_tunnel_handshake_seconds_bucket', { le: '0.01' }), 0);
    assert.equal(value('schannel_tunnel_handshake_seconds_bucket', { le: '0.025' }), 1);
    assert.equal(value('schannel_tunnel_handshake_seconds_bucket', { le: '+Inf' }), 2);
    assert.equal(value('schannel_tunnel_handshake_seconds_count'), 2);
    assert.equal(value('schannel_tunnel_certificate_not_after_seconds'), Date.parse('2027-01-01') / 1000);
    assert.equal(value('schannel_tunnel_reloads_total', { result: 'failure' }), 6);
    assert.equal(value('schannel_tunnel_target_up', { target: 'a:1' }), 1);
    assert.equal(value('schannel_tunnel_target_up', { target: 'b:1' }), 0);
    assert.equal(value('schannel_tunnel_target_up', { target: 'c:1' }), undefined);
    assert.equal(value('schannel_tunnel_listening'), 1);
    assert.equal(value('schannel_tunnel_listening', {}, 'other'), 0);
  });

  it('writes nothing but the families where there is no tunnel', async () => {
    assert.deepEqual(await read(openMetrics([])), []);
  });
});
