import { isIP } from 'node:net';
import { addressOctets } from '../../formats/x509/ip-address.js';
import type { Dialogue } from '../starttls/dialogue.js';
import { type Hop, notAProxy, refused } from './errors.js';
import type { HostAndPort, ProxyServerStep } from './steps.js';

const KIND = 'a proxy of SOCKS 5';
const VERSION = 5;
const METHOD = { none: 0, password: 2, notAcceptable: 0xff } as const;
const CONNECT = 1;
const TYPE = { ipv4: 1, name: 3, ipv6: 4 } as const;

/**
 * Opens a tunnel by SOCKS 5 (RFC 1928), with a user and a password (RFC 1929) if there are some. A name is looked up by
 * the proxy. Exactly the answer is read: bytes behind it are the target's.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_REFUSED, ERR_SCHANNEL_PROXY_ACCOUNT, ERR_SCHANNEL_PEER_PROXY_REPLY,
 *   ERR_SCHANNEL_PEER_PROXY_CLOSED
 */
export async function socks5(
  dialogue: Dialogue,
  hop: Hop,
  { user, password }: Pick<ProxyServerStep<unknown>, 'user' | 'password'>,
): Promise<void> {
  const methods = user === undefined ? [METHOD.none] : [METHOD.none, METHOD.password];
  dialogue.sendBytes(Buffer.of(VERSION, methods.length, ...methods));
  const [version, method = METHOD.notAcceptable] = await dialogue.readBytes(2, 'the choice of a method');
  if (version !== VERSION) throw notAProxy(hop, KIND, hex([version ?? 0, method]));
  if (method === METHOD.notAcceptable) throw refused(hop, accountWanted(user !== undefined));
  // It must not choose what was not offered.
  if (!methods.some((offered) => offered === method)) throw notAProxy(hop, KIND, hex([version, method]));
  if (method === METHOD.password) await signIn(dialogue, hop, user ?? '', password ?? '');

  dialogue.sendBytes(Buffer.of(VERSION, CONNECT, 0, ...addressOf(hop.target)));
  const [answer, code = 0] = await dialogue.readBytes(2, 'the answer to CONNECT');
  if (answer !== VERSION) throw notAProxy(hop, KIND, hex([answer ?? 0, code]));
  if (code !== 0) throw refused(hop, refusalOf(code));
  const [, type = 0] = await dialogue.readBytes(2, 'the answer to CONNECT');
  // The address that the proxy connects from, which nobody needs.
  await dialogue.readBytes((await addressLength(dialogue, type, hop)) + 2, 'the address of the proxy');
}

async function signIn(dialogue: Dialogue, hop: Hop, user: string, password: string): Promise<void> {
  const [name, secret] = [Buffer.from(user), Buffer.from(password)];
  const message = Buffer.concat([Buffer.of(1, name.length), name, Buffer.of(secret.length), secret]);
  secret.fill(0);
  dialogue.sendSecret(message, 'a user and a password');
  const [, status] = await dialogue.readBytes(2, 'the answer to user and password');
  if (status === 0) return;
  throw refused(hop, {
    reply: `user and password refused, status ${status ?? ''}`,
    isAboutAccount: true,
    advice: 'Check the user and the password for the proxy.',
  });
}

const accountWanted = (hasAccount: boolean): Parameters<typeof refused>[1] => ({
  reply: 'no acceptable method',
  isAboutAccount: true,
  advice: hasAccount
    ? 'The proxy takes neither a user with a password nor clients without. It may want GSSAPI, which is not possible here.'
    : 'Give a user and a password for the proxy.',
});

function addressOf({ host, port }: HostAndPort): number[] {
  const octets = addressOctets(host);
  const address =
    octets === null
      ? [TYPE.name, host.length, ...Buffer.from(host, 'latin1')]
      : [isIP(host) === 4 ? TYPE.ipv4 : TYPE.ipv6, ...octets];
  return [...address, port >> 8, port & 0xff];
}

async function addressLength(dialogue: Dialogue, type: number, hop: Hop): Promise<number> {
  switch (type) {
    case TYPE.ipv4:
      return 4;
    case TYPE.ipv6:
      return 16;
    case TYPE.name:
      return (await dialogue.readBytes(1, 'the address of the proxy')).readUInt8();
    default:
      throw notAProxy(hop, KIND, `an address of type ${type}`);
  }
}

const TARGET_ADVICE =
  'The proxy has no connection to the target. Check the host and the port, and whether the proxy may go there.';

/** RFC 1928 §6. */
const CODES: Readonly<Record<number, readonly [meaning: string, advice: string]>> = {
  1: ['general failure', `See the log of the proxy for the reason. ${TARGET_ADVICE}`],
  2: [
    'not permitted by the rules',
    'The rules of the proxy do not permit it: ask who runs it for a rule for this host and port.',
  ],
  3: ['network unreachable', TARGET_ADVICE],
  4: ['host unreachable', `${TARGET_ADVICE} A name that the proxy does not find may be reported so, too.`],
  5: ['connection refused', `${TARGET_ADVICE} Nothing may listen there.`],
  6: ['time to live over', TARGET_ADVICE],
  7: ['command not known', 'The proxy does not open connections. Check its host and port.'],
  8: ['kind of address not known', 'Give the target as a name, or as an address of the other kind.'],
};

function refusalOf(code: number): Parameters<typeof refused>[1] {
  const [meaning, advice] = CODES[code] ?? [
    'of no known meaning',
    'See the log of the proxy for the reason.',
  ];
  return { reply: `code ${code}, ${meaning}`, advice, isAboutAccount: false };
}

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');
