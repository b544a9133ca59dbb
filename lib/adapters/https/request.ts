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
 * agent-base, on which https-proxy-agent, socks-proxy-agent and proxy-agent stand, looks for node:https in the stack to tell
 * whether a request is one of HTTPS, and otherwise refuses it with ERR_INVALID_PROTOCOL (agent-base 6 to 9). So the function
 * that makes the request has this name.
 */
const IN_THE_STACK = 'node:https:request';

/** @param defaultAgent serves requests that bring none; asked anew each time, since programs replace it */
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
          // Where http.ClientRequest looks for the agent, the port and the protocol of those who say nothing of it.
          _defaultAgent: defaultAgent(),
        },
        callback as ResponseListener | undefined,
      );
    },
  };
  return (...args: readonly unknown[]) => make(args);
}

/** As {@link requestBy}; the request is ended, since a GET has no body. */
export function getBy(request: Request): Request {
  return (...args: readonly unknown[]) => {
    const made = request(...(args as Parameters<Request>));
    made.end();
    return made;
  };
}
