import { PROTOCOLS } from '../../../tls/secure-context/protocols.js';
import type { Role } from '../../../native/binding.js';
import { type Check, found, works } from '../check.js';
import { acquire, release } from '../credential.js';

/** SP_PROT_* bits of schannel.h: client and server of each version. */
const BITS: Readonly<Record<(typeof PROTOCOLS)[number], Readonly<Record<Role, number>>>> = {
  TLSv1: { client: 0x80, server: 0x40 },
  'TLSv1.1': { client: 0x200, server: 0x100 },
  'TLSv1.2': { client: 0x800, server: 0x400 },
  'TLSv1.3': { client: 0x2000, server: 0x1000 },
};

const check = (role: Role): Check => ({
  id: `protocols.${role}`,
  title: `Which versions does Schannel enable by default for a ${role}?`,
  writes: false,
  vital: role === 'client',
  async run({ native }) {
    const credential = await acquire(native, { role });
    const bits = credential.supportedProtocols;
    await release(credential);
    if (bits === 0) return found('Schannel gives a credential but does not report its versions.', { bits });
    const versions = PROTOCOLS.filter((version) => (bits & BITS[version][role]) !== 0);
    return works(`${versions.join(', ') || 'none'}.`, { bits, versions: [...versions] });
  },
});

/** The versions of a credential with defaults. For servers it has no certificate, which Windows may refuse. */
export const PROTOCOL_CHECKS: readonly Check[] = [check('client'), check('server')];
