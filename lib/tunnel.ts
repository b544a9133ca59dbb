/** The entry point `schannel/tunnel`: TLS for programs that have none. */
export { createTunnel, createTunnels, openTunnelFile } from './apps/tunnel/create.js';
export { planTunnelFile, readStunnelConf } from './apps/tunnel/file/read-tunnel-file.js';
export type { ReadStunnelConfOptions, StunnelServices } from './apps/tunnel/file/read-tunnel-file.js';
export type { OpenTunnelFileOptions, TunnelFile } from './apps/tunnel/file/tunnel-file.js';
export type {
  Allow,
  AllowRule,
  ClientTlsOptions,
  ClientTunnelOptions,
  Endpoint,
  ProgramEndpoint,
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
  PlannedCertificate,
  PlannedProgram,
  PlannedTarget,
  PlannedRoute,
  PlannedSource,
  PlannedTls,
  PlannedTunnel,
  StunnelNotice,
  StunnelPlan,
  StunnelProcess,
} from './apps/tunnel/stunnel/plan.js';
export type {
  CloseOptions,
  TargetStatus,
  Tunnel,
  TunnelEvents,
  TunnelState,
  TunnelStatus,
} from './apps/tunnel/tunnel.js';
export type { ListenOptions, Tunnels, TunnelsStatus } from './apps/tunnel/tunnels.js';
