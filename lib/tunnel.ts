/** The entry point `schannel/tunnel`: TLS for programs that have none. */
export { createTunnel } from './apps/tunnel/create.js';
export type {
  Allow,
  AllowRule,
  ClientTlsOptions,
  ClientTunnelOptions,
  Endpoint,
  ServerTlsOptions,
  ServerTunnelOptions,
  TunnelLimits,
  TunnelOptions,
  TunnelRoute,
  TunnelTimeouts,
} from './apps/tunnel/options.js';
export type { ConnectionFacts, PassageState, TlsFacts } from './apps/tunnel/passage.js';
export { serveTunnelStatus, type ServeStatusOptions } from './apps/tunnel/status/serve-status.js';
export type { StatusServer } from './apps/tunnel/status/status-server.js';
export type {
  CloseOptions,
  TargetStatus,
  Tunnel,
  TunnelEvents,
  TunnelState,
  TunnelStatus,
} from './apps/tunnel/tunnel.js';
