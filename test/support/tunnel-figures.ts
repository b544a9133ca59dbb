import type { TunnelFigures } from '#lib/apps/tunnel/status/figures.js';
import { EMPTY } from '#lib/apps/tunnel/status/histogram.js';
import type { TunnelStatus } from '#lib/apps/tunnel/tunnel.js';

/** What a tunnel reports that has just begun to listen. */
export const figuresOf = (
  status: Partial<TunnelStatus> = {},
  figures: Partial<Omit<TunnelFigures, 'status'>> = {},
): TunnelFigures => ({
  status: {
    name: 'imaps',
    mode: 'client',
    state: 'listening',
    accept: '127.0.0.1:143',
    targets: [{ address: 'mail.example:993', state: 'unknown', error: null }],
    through: [],
    open: 0,
    opening: 0,
    total: 0,
    refused: 0,
    bytesToTls: 0,
    bytesFromTls: 0,
    verification: 'windows',
    certificate: null,
    since: new Date('2026-01-01'),
    lastReload: null,
    ...status,
  },
  results: { success: 0, error: 0, timeout: 0, refused: 0 },
  handshakes: EMPTY,
  connections: EMPTY,
  reloads: { success: 0, failure: 0 },
  ...figures,
});
