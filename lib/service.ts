/** What `schannel/service` offers. */
export {
  reloadService,
  restartService,
  serviceEvents,
  serviceStatus,
  startService,
  stopService,
  type ServiceLogEvent,
  type ServiceStatus,
  type ServiceWaitOptions,
} from './windows/service/control.js';
export type { EventLevel } from './windows/service/events.js';
export {
  runAsService,
  type RunAsServiceOptions,
  type RunningService,
  type ServiceStopReason,
} from './windows/service/host.js';
export {
  checkInstallService,
  installService,
  removeService,
  type InstallServiceOptions,
} from './windows/service/install.js';
export type { ServiceState } from './windows/service/states.js';
