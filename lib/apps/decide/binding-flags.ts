import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { BINDING_FLAGS } from '../../windows/binding/binding.js';
import { type DecidedVersion, type DecideInput, reason, type Reason } from './decision.js';

const { DISABLE_LEGACY_TLS, DISABLE_TLS12, DISABLE_TLS13 } = BINDING_FLAGS;

interface Flag {
  readonly name: string;
  readonly bit: number;
  /** The first build whose http.sys knows it: Server 2019 with an update, Server 2022. */
  readonly build: number;
  /** Takes it from a binding. */
  readonly option: string | null;
}

const LEGACY: Flag = {
  name: 'DISABLE_LEGACY_TLS',
  bit: DISABLE_LEGACY_TLS,
  build: 17763,
  option: '--legacy-tls',
};
const TLS12: Flag = { name: 'DISABLE_TLS12', bit: DISABLE_TLS12, build: 20348, option: null };
const TLS13: Flag = { name: 'DISABLE_TLS13', bit: DISABLE_TLS13, build: 20348, option: '--tls13' };

/** The flag that would say no; null if the binding has not that flag. */
function flagAgainst(
  { role, bindingFlags = 0 }: DecideInput,
  subject: DecidedVersion | CipherSuite,
): Flag | null {
  const flag = typeof subject === 'string' ? flagOfVersion(subject) : isLegacy(subject) ? LEGACY : null;
  return role === 'server' && flag !== null && (bindingFlags & flag.bit) !== 0 ? flag : null;
}

const flagOfVersion = (version: DecidedVersion): Flag =>
  version === 'TLS 1.3' ? TLS13 : version === 'TLS 1.2' ? TLS12 : LEGACY;

/** "Disable Legacy TLS": no DES, 3DES and RC4, no CBC mode, and no RSA key exchange. */
const isLegacy = ({ era, keyExchange, cipher }: CipherSuite): boolean =>
  era !== 'TLSv1.3' && (keyExchange === 'RSA' || !/GCM|CCM|CHACHA20/.test(cipher));

/** What the binding says against a version or a suite. */
export function bindingRefuses(input: DecideInput, subject: DecidedVersion | CipherSuite): Reason | null {
  const flag = flagAgainst(input, subject);
  if (flag === null || input.policy.build < flag.build) return null;
  const { name, option } = flag;
  return reason(
    'binding',
    `The binding of http.sys has the flag ${name}.`,
    option === null ? 'Take the flag from the binding.' : `Run: schannel binding set <binding> ${option}`,
  );
}

/** A flag that this Windows may not know: nobody says what its http.sys makes of it. */
export function bindingDoubts(input: DecideInput, subject: DecidedVersion | CipherSuite): Reason | null {
  const flag = flagAgainst(input, subject);
  const { build, release } = input.policy;
  if (flag === null || build >= flag.build) return null;
  const text = `The binding of http.sys has the flag ${flag.name}, which is not documented for ${release}.`;
  return reason('binding', text);
}
