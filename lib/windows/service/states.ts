/** How far a service is. */
export type ServiceState =
  'stopped' | 'starting' | 'stopping' | 'running' | 'continuing' | 'pausing' | 'paused';

/** SERVICE_STOPPED, SERVICE_START_PENDING … ("SERVICE_STATUS structure"). */
const STATES: readonly ServiceState[] = [
  'stopped',
  'starting',
  'stopping',
  'running',
  'continuing',
  'pausing',
  'paused',
];

export const stateOf = (number: number): ServiceState => STATES[number - 1] ?? 'stopped';

export const numberOf = (state: ServiceState): number => STATES.indexOf(state) + 1;

/** ERROR_SERVICE_SPECIFIC_ERROR: the number beside it is the program's. */
export const SPECIFIC_ERROR = 1066;

/** SERVICE_CONTROL_*. None from 128 on: by default every user who is logged on may send those to any service. */
export const CONTROLS = {
  stop: 1,
  shutdown: 5,
  parameterChange: 6,
  preshutdown: 15,
} as const;

/** SERVICE_ACCEPT_STOP, _SHUTDOWN, _PARAMCHANGE and _PRESHUTDOWN. */
export const ACCEPTED_WHILE_RUNNING = 0x1 | 0x4 | 0x8 | 0x100;
