import http from 'node:http';
import { urlToHttpOptions } from 'node:url';

import type { RequestOptions } from './options.js';

type ResponseListener = (response: http.IncomingMessage) => void;

/** The forms of https.request() and https.get(). */
export interface Request {
  (options: RequestOptions | string | URL, callback?: ResponseListener): http.ClientRequest;
  (url: string | URL, options: RequestOptions, callback?: ResponseListener): http.ClientRequest;
}

/**
 * agent-base, the base of https-proxy-agent, socks-proxy-agent and proxy-agent, searches the stack for node:https to
 * find out whether a request is HTTPS. If not, it refuses it with ERR_INVALID_PROTOCOL (agent-base 6 to 9). So the
 * function that makes the request has this name.
 */
const IN_THE_STACK = 'node:https:request';

/** @param defaultAgent gives the agent of requests without one; called each time because programs replace it */
export function requestBy(defaultAgent: () => http.Agent): Request {
  const { [IN_THE_STACK]: make } = {
    [IN_THE_STACK]: (args: readonly unknown[]): http.ClientRequest => {
      const [first] = args;
      const url = typeof first === 'string' ? new URL(first) : first instanceof URL ? first : null;
      const options = args[url ? 1 : 0];
      const callback = args.find((argument) => typeof argument === 'function');
      return new http.ClientRequest(
        {
          ...(url && urlToHttpOptions(url)),
          ...(typeof options === 'object' ? options : null),
          // From this, http.ClientRequest takes the agent, the port and the protocol if the options have none.
          _defaultAgent: defaultAgent(),
        },
        callback as ResponseListener | undefined,
      );
    },
  };
  return (...args: readonly unknown[]) => make(args);
}

/** As {@link requestBy}, but it ends the request because a GET has no body. */
export function getBy(request: Request): Request {
  return (...args: readonly unknown[]) => {
    const made = request(...(args as Parameters<Request>));
    made.end();
    return made;
  };
}
