import assert from 'node:assert/strict';
import { merged } from '#lib/apps/tunnel/status/figures.js';
import { EMPTY, observed } from '#lib/apps/tunnel/status/histogram.js';
import type { TargetStatus } from '#lib/apps/tunnel/tunnel.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

describe('apps/tunnel/status/figures', () => {
  it('adds the numbers of several processes up, tunnel by tunnel', () => {
    const one = figuresOf(
      { open: 1, total: 3, bytesToTls: 10 },
      { results: { success: 2, error: 1, timeout: 0, refused: 0 }, handshakes: observed(EMPTY, 1) },
    );
    const other = figuresOf(
      { open: 2, total: 4, bytesToTls: 5 },
      { results: { success: 3, error: 0, timeout: 0, refused: 1 }, handshakes: observed(EMPTY, 2) },
    );
    const [first, second, ...more] = merged([
      [one, figuresOf({ name: 'ldaps' })],
      [other, figuresOf({ name: 'ldaps', open: 9 })],
    ]);
    assert.equal(more.length, 0);
    assert.deepEqual([first?.status.open, first?.status.total, first?.status.bytesToTls], [3, 7, 15]);
    assert.deepEqual(first?.results, { success: 5, error: 1, timeout: 0, refused: 1 });
    assert.equal(first.handshakes.sum, 3);
    assert.deepEqual([second?.status.name, second?.status.open], ['ldaps', 9]);
  });

  it('takes a tunnel for as well as its worst process', () => {
    const state = (...all: ('listening' | 'draining')[]): unknown =>
      merged(all.map((each) => [figuresOf({ state: each })]))[0]?.status.state;
    assert.equal(state('listening', 'listening'), 'listening');
    assert.equal(state('listening', 'draining'), 'draining');
    assert.equal(state('draining', 'listening'), 'draining');
  });

  it('knows a target as soon as one process does, and believes the one that could not reach it', () => {
    const target = (...all: TargetStatus['state'][]): unknown =>
      merged(all.map((each) => [figuresOf({ targets: [{ address: 'a:1', state: each, error: null }] })]))[0]
        ?.status.targets[0]?.state;
    assert.equal(target('unknown', 'up'), 'up');
    assert.equal(target('up', 'unknown'), 'up');
    assert.equal(target('up', 'down'), 'down');
    assert.equal(target('down', 'up'), 'down');
    assert.equal(target('unknown', 'unknown'), 'unknown');
  });

  it('shows the certificate that ends first, and the reload that failed', () => {
    const certificate = (year: string): { subject: string; validTo: Date; thumbprint: string } => ({
      subject: year,
      validTo: new Date(year),
      thumbprint: '',
    });
    const at = new Date(1);
    const [figures] = merged([
      [figuresOf({ certificate: certificate('2027'), lastReload: { at, error: null } })],
      [figuresOf({ certificate: certificate('2026'), lastReload: { at: new Date(0), error: 'no' } })],
      [figuresOf({ since: new Date('2025-01-01') })],
    ]);
    assert.equal(figures?.status.certificate?.subject, '2026');
    assert.equal(figures.status.lastReload?.error, 'no');
    assert.deepEqual(figures.status.since, new Date('2025-01-01'));
  });

  it('has nothing of no process', () => {
    assert.deepEqual(merged([]), []);
  });
});
