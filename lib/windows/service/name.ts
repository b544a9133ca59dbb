import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/**
 * Windows permits more, but a name here is also that of a virtual account, of a key of the registry, and of a folder.
 */
const NAME = /^[a-z\d][a-z\d._-]{0,79}$/i;

/** Names that Windows takes for a device, whatever follows the dot ("Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Logs of Windows, which no source of events may be called. */
const LOGS: readonly string[] = ['application', 'security', 'system', 'setup', 'eventlog'];

/** @throws TypeError ERR_INVALID_ARG_TYPE; SchannelError ERR_SCHANNEL_SERVICE_NAME */
export function checkServiceName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw invalidType('name', 'of type string', name);
  if (NAME.test(name) && !DEVICE.test(name) && !name.endsWith('.') && !LOGS.includes(name.toLowerCase()))
    return;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_NAME',
    `"${printable(name, 80)}" can't be the name of a service here`,
    {
      phase: 'service',
      advice:
        'Use 1 to 80 letters, digits, dots, underscores and hyphens that begin with a letter or a digit. ' +
        'The displayed name may be any text.',
    },
  );
}
