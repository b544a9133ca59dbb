import type http from 'node:http';
import { Agent, request as sendRequest } from '../https/index.js';
import { signedRequest, type SignedRequestOptions } from './signed-request.js';
import { negotiate } from './tokens.js';

/**
 * A request over HTTPS to a server that may ask for Negotiate or NTLM by 401 (RFC 4559). All legs use one connection,
 * and the sign-in is bound to its TLS. Nothing is said about an account before the server asks, and a redirection is
 * returned and not followed.
 *
 * ```js
 * const response = await request('https://intranet.example/', { scheme: 'negotiate' });
 * for await (const chunk of response) process.stdout.write(chunk);
 * ```
 *
 * @returns the answer; a 401 if the server does not offer the scheme, or refuses the account. Read it or destroy it:
 *   its connection is closed with it
 * @throws {SchannelError} ERR_SCHANNEL_SIGN_IN_FAILURE Windows has no token, ERR_SCHANNEL_PEER_SIGN_IN the server breaks
 *   the sign-in off or does not prove who it is; and as request() of schannel/https
 * @throws TypeError ERR_INVALID_ARG_VALUE for an address without https:
 */
export const request = (
  url: string | URL,
  options: SignedRequestOptions = {},
): Promise<http.IncomingMessage> =>
  signedRequest(url, options, {
    createAgent: (agentOptions) => new Agent(agentOptions),
    send: (target, sent) => sendRequest(target, sent),
    negotiate,
  });
