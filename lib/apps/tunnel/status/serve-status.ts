import type { Tunnel } from '../tunnel.js';
import type { Tunnels } from '../tunnels.js';
import type { TunnelFigures } from './figures.js';
import { Records } from './records.js';
import { StatusServer, type StatusServerOptions } from './status-server.js';

export interface ServeStatusOptions extends StatusServerOptions {
  /** Of your program; the page shows it. Default ''. */
  readonly version?: string | undefined;
}

/**
 * Shows over HTTP how tunnels are: `GET /status` as JSON, with 503 unless all of them listen, and `GET /metrics` as
 * OpenMetrics for Prometheus (https://prometheus.io/docs/specs/om/open_metrics_spec/). `GET /status?connect=1` connects
 * to each target first, and answers 503 too if a tunnel has none that answers. Nothing can be changed there. Counts
 * begin with this call, so call it before `listen()`.
 *
 * @returns the server, which listens
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_EXPOSED for an address that other machines reach, unless `anyAddress` is
 *   true; ERR_SCHANNEL_TUNNEL_LISTEN
 */
export async function serveTunnelStatus(
  tunnels: Tunnels | readonly Tunnel[],
  { version = '', ...options }: ServeStatusOptions,
): Promise<StatusServer> {
  const records = new Records(tunnels);
  const read = (): Promise<readonly TunnelFigures[]> => Promise.resolve(records.figures);
  const server = new StatusServer({ version, read }, options);
  await server.listen();
  return server;
}
