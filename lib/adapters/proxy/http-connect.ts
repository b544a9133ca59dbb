import { printableList } from '../../base/text/printable.js';
import type { Dialogue } from '../starttls/dialogue.js';
import { type Hop, notAProxy, refused, tooLong } from './errors.js';
import { hostAndPort, type ProxyServerStep } from './steps.js';

const KIND = 'an HTTP proxy';

/** Bytes of all heads of the answer together. */
export const HEAD_LIMIT = 16 * 1024;

/**
 * Opens a tunnel by CONNECT (RFC 9110 §9.3.6). A 2xx ends with its head, whatever it says about a length. Bytes behind
 * it are the target's.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_REFUSED, ERR_SCHANNEL_PROXY_ACCOUNT, ERR_SCHANNEL_PEER_PROXY_REPLY,
 *   ERR_SCHANNEL_PEER_PROXY_LIMIT, ERR_SCHANNEL_PEER_PROXY_CLOSED
 */
export async function httpConnect(
  dialogue: Dialogue,
  hop: Hop,
  { user, password }: Pick<ProxyServerStep<unknown>, 'user' | 'password'>,
): Promise<void> {
  const request = requestFor(hop);
  if (user === undefined) {
    dialogue.sendText(`${request}\r\n`);
  } else {
    const account = Buffer.from(`${user}:${password ?? ''}`);
    const line = `Proxy-Authorization: Basic ${account.toString('base64')}\r\n`;
    account.fill(0);
    dialogue.sendSecret(Buffer.from(`${request}${line}\r\n`), `CONNECT ${hostAndPort(hop.target)}`);
  }
  let room = HEAD_LIMIT;
  for (;;) {
    const { status, reply, fields, length } = await readHead(dialogue, hop, room);
    room -= length;
    if (status >= 200 && status <= 299) return;
    if (isInformational(status)) continue;
    throw refused(hop, {
      reply,
      isAboutAccount: status === 407,
      advice: status === 407 ? accountAdvice(fields, user !== undefined) : adviceFor(status),
    });
  }
}

/** Up to the end of the field Host. */
export function requestFor(hop: Hop): string {
  const target = hostAndPort(hop.target);
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n`;
}

/** RFC 9110 §15.2: such answers come before the real one. But 101 would be the last one. */
export const isInformational = (status: number): boolean => status <= 199 && status !== 101;

export interface Head {
  readonly status: number;
  /** Of HTTP/1: 0 or 1. */
  readonly version: 0 | 1;
  /** The first line. */
  readonly reply: string;
  /** The other lines. */
  readonly fields: readonly string[];
  /** Bytes. */
  readonly length: number;
}

/** @param room bytes that it may have */
export async function readHead(dialogue: Dialogue, hop: Hop, room = HEAD_LIMIT): Promise<Head> {
  const head = await dialogue.readMeasured('the answer to CONNECT', (arrived) =>
    headLength(arrived, room, hop),
  );
  const [reply = '', ...fields] = head.toString('latin1').trimEnd().split(/\r?\n/);
  const [, version, status] = STATUS.exec(reply) ?? [];
  if (status === undefined) throw notAProxy(hop, KIND, reply);
  return { status: Number(status), version: version === '0' ? 0 : 1, reply, fields, length: head.length };
}

const STATUS = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;

const START = Buffer.from('HTTP/1.');

const LINE_FEED = '\n'.charCodeAt(0);
const CARRIAGE_RETURN = '\r'.charCodeAt(0);

/**
 * Up to the empty line, for a line ends with LF, and a CR in front of it does not count (RFC 9112 §2.2).
 * @returns null if it has not arrived
 */
function headLength(arrived: Buffer, room: number, hop: Hop): number | null {
  const start = arrived.subarray(0, START.length);
  if (!start.equals(START.subarray(0, start.length))) {
    throw notAProxy(hop, KIND, arrived.toString('latin1', 0, 64));
  }
  const within = arrived.subarray(0, room);
  for (let end = within.indexOf(LINE_FEED); end >= 0; end = within.indexOf(LINE_FEED, end + 1)) {
    const next = within[end + 1] === CARRIAGE_RETURN ? end + 2 : end + 1;
    if (within[next] === LINE_FEED) return next + 1;
  }
  if (arrived.length >= room) throw tooLong(hop, `A head of more than ${HEAD_LIMIT} bytes`);
  return null;
}

function accountAdvice(fields: readonly string[], hasAccount: boolean): string {
  const schemes = fields
    .map((field) => /^proxy-authenticate:[ \t]*([^ \t,]+)/i.exec(field)?.[1] ?? '')
    .filter((scheme) => scheme !== '');
  if (schemes.length > 0 && !schemes.some((scheme) => /^basic$/i.test(scheme))) {
    const negotiable = schemes.find((scheme) => /^(?:negotiate|ntlm)$/i.test(scheme));
    return negotiable === undefined
      ? `The proxy wants ${printableList(schemes)}, which is not possible here. Ask for Basic or Negotiate, or for a rule for this machine.`
      : `The proxy wants ${printableList(schemes)}. The option auth of the proxy signs in by it: '${negotiable.toLowerCase()}' (--proxy-auth).`;
  }
  return hasAccount
    ? 'Check the user and the password for the proxy.'
    : 'Give a user and a password for the proxy.';
}

export function adviceFor(status: number): string {
  switch (status) {
    case 400:
    case 404:
    case 405:
    case 501:
      return 'This may be a web server, or a proxy without CONNECT. Check the host and the port of the proxy.';
    case 403:
      return 'The rules of the proxy do not permit it. Many permit CONNECT to port 443 only: ask who runs it for a rule for this host and port.';
    case 502:
    case 503:
    case 504:
      return 'The proxy has no connection to the target. Check the host and the port, and whether the proxy may go there.';
    default:
      return 'See the log of the proxy for the reason.';
  }
}
