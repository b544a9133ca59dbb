import type http from 'node:http';
import type { Socket } from 'node:net';
import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { challengeOf, lastTokenOf, OF_SERVER } from '../../windows/negotiate/challenge.js';
import type { AgentOptions } from '../https/index.js';
import type { NegotiateOptions, SignIn, SignInScheme } from './tokens.js';

/** A request, and how to sign in if the server asks for it. */
export interface SignedRequestOptions extends Omit<NegotiateOptions, 'host' | 'socket'> {
  /** Default 'GET'. */
  readonly method?: string | undefined;
  readonly headers?: http.OutgoingHttpHeaders | undefined;
  /** It is sent with each leg: up to three times. */
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Options of the connection: those of an agent of schannel/https, with `ca`, `certificate`, `proxy`. */
  readonly connection?: Omit<AgentOptions, 'keepAlive' | 'maxSockets'> | undefined;
}

/** What sends requests and makes tokens. */
export interface SignedRequestParts {
  createAgent(options: AgentOptions): http.Agent;
  send(url: URL, options: http.RequestOptions): http.ClientRequest;
  negotiate(options: NegotiateOptions): SignIn;
}

/** Kerberos has two legs and NTLM three. */
const MOST_LEGS = 8;

/** Bytes of the page that comes with a 401 between two legs. */
const PAGE_LIMIT = 64 * 1024;

const NAMES: Readonly<Record<SignInScheme, string>> = { negotiate: 'Negotiate', ntlm: 'NTLM' };

/** As request(), by what it is given. */
export async function signedRequest(
  url: string | URL,
  options: SignedRequestOptions,
  parts: SignedRequestParts,
): Promise<http.IncomingMessage> {
  const target = new URL(url);
  if (target.protocol !== 'https:')
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The address must begin with https:, not ${target.protocol}`,
    );
  const { scheme = 'negotiate', account, mutual, connection = {} } = options;
  if (!Object.hasOwn(NAMES, scheme))
    throw argumentError('ERR_INVALID_ARG_VALUE', `the scheme must be negotiate or ntlm, not ${scheme}`);
  const name = NAMES[scheme];
  const agent = parts.createAgent({ ...connection, keepAlive: true, maxSockets: 1 });
  let signIn: SignIn | null = null;
  try {
    let authorization: string | null = null;
    let signsOn: Socket | null = null;
    for (let leg = 0; leg < MOST_LEGS; leg += 1) {
      const response = await answerTo(target, agent, options, authorization, parts);
      const { socket, statusCode } = response;
      const fields = fieldsOf(response);
      if (authorization !== null) signsOn ??= socket;
      if (signsOn !== null && signsOn !== socket)
        throw broken(target, 'it changes the connection between legs');
      if (statusCode !== 401) {
        await signIn?.finish(lastTokenOf(fields, name, OF_SERVER));
        return endsWith(response, agent);
      }
      const challenge = challengeOf(fields, name, OF_SERVER);
      if (challenge === undefined || (signIn !== null && challenge.length === 0)) {
        return endsWith(response, agent);
      }
      // While the connection is there, whose certificate it is bound to.
      const begun: SignIn | null = signIn;
      signIn ??= parts.negotiate({ host: target.hostname, socket, scheme, account, mutual });
      await readPage(response, target);
      const token = await signIn.next(begun === null ? null : challenge);
      authorization = `${name} ${token.toString('base64')}`;
    }
    throw broken(target, `it has more than ${MOST_LEGS} legs`);
  } catch (error) {
    agent.destroy();
    throw error;
  } finally {
    signIn?.close();
  }
}

function answerTo(
  target: URL,
  agent: http.Agent,
  { method = 'GET', headers = {}, body, signal }: SignedRequestOptions,
  authorization: string | null,
  parts: SignedRequestParts,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = parts.send(target, {
      ...{ agent, method, headers: { ...headers, ...(authorization !== null && { authorization }) } },
      ...(signal !== undefined && { signal }),
    });
    request.once('error', reject).once('response', (response) => {
      // Those who read it are told what goes wrong later. If nobody does, it must not end the process.
      response.on('error', () => undefined);
      resolve(response);
    });
    request.end(body);
  });
}

/** The connection has no other use. */
function endsWith(response: http.IncomingMessage, agent: http.Agent): http.IncomingMessage {
  return response.once('close', () => agent.destroy());
}

async function readPage(response: http.IncomingMessage, target: URL): Promise<void> {
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > PAGE_LIMIT) throw broken(target, `its refusal has more than ${PAGE_LIMIT} bytes`);
  }
}

/** Each on its line. */
const fieldsOf = ({ rawHeaders }: http.IncomingMessage): string[] =>
  rawHeaders.flatMap((field, at) => (at % 2 === 0 ? [`${field}: ${rawHeaders[at + 1] ?? ''}`] : []));

const broken = ({ host }: URL, why: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_PEER_SIGN_IN', `The sign-in to ${host} failed: ${why}`, {
    phase: 'connect',
    advice: 'A sign-in needs one connection for all its legs: have the server keep connections alive.',
  });
