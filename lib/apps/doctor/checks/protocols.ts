import { PROTOCOLS } from '../../../tls/secure-context/protocols.js';
import type { Role } from '../../../native/binding.js';
import { effectiveBits } from '../../../windows/policy/effective-versions.js';
import { type PolicyVersion, VERSION_BITS } from '../../../windows/policy/protocol-versions.js';
import { type Check, found, works } from '../check.js';

/** The names of Windows for the versions of this library. */
const KEYS: Readonly<Record<(typeof PROTOCOLS)[number], PolicyVersion>> = {
  TLSv1: 'TLS 1.0',
  'TLSv1.1': 'TLS 1.1',
  'TLSv1.2': 'TLS 1.2',
  'TLSv1.3': 'TLS 1.3',
};

const check = (role: Role): Check => ({
  id: `protocols.${role}`,
  title: `Which versions does Schannel enable by default for a ${role}?`,
  writes: false,
  vital: role === 'client',
  async run({ native }) {
    const bits = await effectiveBits(native, role);
    if (bits === 0) return found('Schannel gives a credential but does not report its versions.', { bits });
    const versions = PROTOCOLS.filter((version) => (bits & VERSION_BITS[KEYS[version]][role]) !== 0);
    return works(`${versions.join(', ') || 'none'}.`, { bits, versions: [...versions] });
  },
});

/** The versions of a credential with defaults. For servers it has no certificate, which Windows may refuse. */
export const PROTOCOL_CHECKS: readonly Check[] = [check('client'), check('server')];
