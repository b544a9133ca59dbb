import { SchannelError } from '../../base/errors/schannel-error.js';
import { challengeOf, lastTokenOf, offeredSchemes, OF_PROXY } from '../../windows/negotiate/challenge.js';
import type { SignIn, SignInScheme } from '../../windows/negotiate/sign-in.js';
import type { Dialogue } from '../starttls/dialogue.js';
import { type Hop, notAProxy, refused, tooLong } from './errors.js';
import { adviceFor, HEAD_LIMIT, isInformational, readHead, requestFor, type Head } from './http-connect.js';

/** What is known of a proxy by an earlier connection in the same attempt. */
export interface ProxyMemory {
  /** It has asked for the scheme: the first request may have a token. */
  isChallenged: boolean;
  /** It has broken off between two legs. */
  hasBrokenOff: boolean;
}

/** The proxy has closed the connection: everything begins again on a new one. */
export class ConnectAgain extends Error {}

/** Kerberos has two legs and NTLM three. */
const MOST_LEGS = 8;

/** Bytes of a body that comes with a refusal. */
const BODY_LIMIT = 64 * 1024;

/**
 * Opens a tunnel through a proxy that wants Negotiate or NTLM (RFC 4559, [MS-NTHT]). Nothing is said about an account
 * before the proxy has asked for the scheme.
 *
 * @throws ConnectAgain the proxy has closed the connection, once before and once within the conversation
 * @throws {SchannelError} as httpConnect(); ERR_SCHANNEL_SIGN_IN_FAILURE, ERR_SCHANNEL_PEER_SIGN_IN
 */
export async function signedConnect(
  dialogue: Dialogue,
  hop: Hop,
  scheme: SignInScheme,
  signIn: SignIn,
  memory: ProxyMemory,
): Promise<void> {
  const name = NAMES[scheme];
  let isBegun = memory.isChallenged;
  let token = isBegun ? await signIn.next(null) : null;
  for (let leg = 0; leg < MOST_LEGS; leg += 1) {
    const head = await answerTo(
      dialogue,
      hop,
      token === null ? null : `${name} ${token.toString('base64')}`,
    ).catch((error: unknown) => {
      throw isBegun && leg > 0 ? brokenOff(error, memory) : error;
    });
    if (head.status >= 200 && head.status <= 299) {
      if (isBegun) await signIn.finish(lastTokenOf(head.fields, name, OF_PROXY));
      return;
    }
    if (head.status !== 407) {
      throw refused(hop, { reply: head.reply, isAboutAccount: false, advice: adviceFor(head.status) });
    }
    const challenge = challengeOf(head.fields, name, OF_PROXY);
    if (challenge === undefined) throw refused(hop, unwanted(head, name));
    if (isBegun && challenge.length === 0) {
      throw refused(hop, { reply: head.reply, isAboutAccount: true, advice: ACCOUNT_ADVICE });
    }
    if (!isBegun && challenge.length > 0) throw notAProxy(hop, 'an HTTP proxy', head.reply);
    const isOpen = await isReusable(dialogue, hop, head);
    memory.isChallenged = true;
    if (!isOpen) {
      if (isBegun) throw brokenOff(closedBetween(hop), memory);
      throw new ConnectAgain();
    }
    token = await signIn.next(isBegun ? challenge : null);
    isBegun = true;
  }
  throw tooLong(hop, `A sign-in of more than ${MOST_LEGS} legs`);
}

const NAMES: Readonly<Record<SignInScheme, string>> = { negotiate: 'Negotiate', ntlm: 'NTLM' };

const ACCOUNT_ADVICE =
  'Check the account: without a user and a password it is that of this process. The log of the proxy may say more.';

async function answerTo(dialogue: Dialogue, hop: Hop, authorization: string | null): Promise<Head> {
  const request = requestFor(hop);
  if (authorization === null) dialogue.sendText(`${request}\r\n`);
  else {
    const shown = request.split('\r\n', 1)[0] ?? '';
    dialogue.sendSecret(Buffer.from(`${request}Proxy-Authorization: ${authorization}\r\n\r\n`), shown);
  }
  for (let room = HEAD_LIMIT; ;) {
    const head = await readHead(dialogue, hop, room);
    if (!isInformational(head.status)) return head;
    room -= head.length;
  }
}

/** A sign-in belongs to its connection. One that breaks off may be a matter of time: it is tried once more. */
function brokenOff(error: unknown, memory: ProxyMemory): unknown {
  const isClosed = error instanceof SchannelError && error.code === 'ERR_SCHANNEL_PEER_PROXY_CLOSED';
  if (!isClosed || memory.hasBrokenOff) return error;
  memory.hasBrokenOff = true;
  return new ConnectAgain();
}

const closedBetween = ({ proxy }: Hop): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_PEER_PROXY_CLOSED',
    `The proxy ${proxy.host}:${proxy.port} closes the connection between the legs of a sign-in`,
    {
      phase: 'connect',
      advice: 'Negotiate and NTLM need one connection for all legs: have the proxy keep connections alive.',
    },
  );

const unwanted = ({ reply, fields }: Head, name: string): Parameters<typeof refused>[1] => {
  const schemes = offeredSchemes(fields);
  return {
    reply,
    isAboutAccount: true,
    advice: `The proxy does not offer ${name}${schemes === '' ? '' : `, but ${schemes}`}. Use what it offers, or ask for ${name}.`,
  };
};

/** Reads the body behind a head. @returns whether the next request can be sent on the same connection */
async function isReusable(dialogue: Dialogue, hop: Hop, { version, fields }: Head): Promise<boolean> {
  const connection = [...valuesOf(fields, 'connection'), ...valuesOf(fields, 'proxy-connection')];
  if (connection.includes('close')) return false;
  if (version === 0 && !connection.includes('keep-alive')) return false;
  const waitingFor = 'the body of a refusal';
  const codings = valuesOf(fields, 'transfer-encoding');
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0] !== 'chunked') return false;
    return readChunks(dialogue, hop);
  }
  const lengths = new Set(valuesOf(fields, 'content-length'));
  const [length] = lengths;
  // Without a length it ends with the connection.
  if (length === undefined || lengths.size > 1 || !/^\d{1,9}$/.test(length)) return false;
  if (Number(length) > BODY_LIMIT) return false;
  if (length !== '0') await dialogue.readBytes(Number(length), waitingFor);
  return true;
}

async function readChunks(dialogue: Dialogue, hop: Hop): Promise<boolean> {
  let room = BODY_LIMIT;
  for (;;) {
    const line = await dialogue.readLine('the body of a refusal');
    const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) throw notAProxy(hop, 'an HTTP proxy', line);
    const size = Number.parseInt(digits, 16);
    // The line itself counts, too: otherwise many small ones have no end.
    room -= size + line.length + 2;
    if (room < 0) return false;
    if (size === 0) break;
    await dialogue.readBytes(size + 2, 'the body of a refusal');
  }
  for (;;) {
    const trailer = await dialogue.readLine('the body of a refusal');
    if (trailer === '') return true;
    room -= trailer.length + 2;
    if (room < 0) return false;
  }
}

const valuesOf = (fields: readonly string[], name: string): string[] =>
  fields.flatMap((field) => {
    const colon = field.indexOf(':');
    if (colon < 0 || field.slice(0, colon).toLowerCase() !== name) return [];
    return field
      .slice(colon + 1)
      .split(',')
      .map((value) => value.trim().toLowerCase());
  });
