import http from 'node:http';
import { domainToASCII } from 'node:url';
import { argumentError, integerWithin, invalidType } from '../../../base/errors/argument-error.js';
import { hostOf } from '../../../base/text/host-header.js';

/** Where the answers to HTTP-01 come from, by token. */
export interface TokenSource {
  /** The key authorization; null for a token that nobody has put there. */
  answerFor(token: string): string | null | Promise<string | null>;
}

export interface RedirectServerOptions {
  /**
   * The host names that are redirected, or a function that decides. Every other request is answered with 421. Without
   * this limit, anybody could have the server send visitors elsewhere. If the function throws, the answer is 500.
   */
  readonly hosts: readonly string[] | ((host: string) => boolean);
  /** Port of the HTTPS server, as visitors see it. Default 443. */
  readonly httpsPort?: number | undefined;
  /** Answers to HTTP-01. Default none. */
  readonly tokens?: TokenSource | undefined;
}

/** RFC 8555 §8.3. The token is base64url, and nothing else gets to the source. */
const CHALLENGE = /^\/\.well-known\/acme-challenge\/([\w-]{1,128})$/;

/** Long enough for any link, and for nothing else. */
const LARGEST_HEADERS = 8192;
const MOST_CONNECTIONS = 512;
const PATIENCE_MS = 10_000;

/**
 * A server for port 80 that does two things: it answers HTTP-01 challenges (RFC 8555 §8.3) and redirects everything
 * else to HTTPS. It has no files, reads no bodies, and closes each connection after five idle seconds.
 *
 * A redirect is 301 for GET and HEAD, and 308 for the rest, which keeps method and body (RFC 9110 §15.4).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 */
export function createRedirectServer(options: RedirectServerOptions): http.Server {
  const { httpsPort = 443, tokens } = options;
  const isKnown = knownHosts(options.hosts);
  integerWithin('options.httpsPort', httpsPort, 1, 65_535);
  const server = http.createServer(
    {
      maxHeaderSize: LARGEST_HEADERS,
      requestTimeout: PATIENCE_MS,
      headersTimeout: PATIENCE_MS,
      keepAliveTimeout: 5000,
    },
    (request, response) => {
      void answer(request, response, { isKnown, httpsPort, tokens });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

interface Settings {
  readonly isKnown: (host: string) => boolean;
  readonly httpsPort: number;
  readonly tokens: TokenSource | undefined;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  settings: Settings,
): Promise<void> {
  const {
    status,
    headers = {},
    body = '',
  } = await replyTo(request, settings).catch(
    // A function of the caller failed. A rejection that nobody handles would end the process.
    (): Reply => ({ status: 500 }),
  );
  response.writeHead(status, {
    ...headers,
    // A body that nobody reads would come after the answer: the connection ends with it.
    ...(isRead(request) ? {} : { connection: 'close' }),
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

const isRead = ({ method }: http.IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

async function replyTo(
  request: http.IncomingMessage,
  { isKnown, httpsPort, tokens }: Settings,
): Promise<Reply> {
  const { url = '' } = request;
  if (url.startsWith('/.well-known/acme-challenge/')) {
    const token = isRead(request) ? CHALLENGE.exec(url)?.[1] : undefined;
    const proof = token === undefined ? null : await answerOf(tokens, token);
    // Never a redirect: the authority would follow it to a place that knows nothing of the challenge.
    if (proof === null) return { status: 404 };
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: proof };
  }
  const host = hostOf(request.headers.host);
  if (host === null || !url.startsWith('/')) return { status: 400 };
  if (!isKnown(host)) return { status: 421 };
  // URL removes line ends, and keeps the path from becoming a host: '//evil.example' stays a path.
  const target = new URL(`https://${host}`);
  if (httpsPort !== 443) target.port = String(httpsPort);
  const location = `${target.origin}${pathOf(url)}`;
  return { status: isRead(request) ? 301 : 308, headers: { location } };
}

/** A source that fails has no answer. The authority asks again. */
async function answerOf(tokens: TokenSource | undefined, token: string): Promise<string | null> {
  try {
    return (await tokens?.answerFor(token)) ?? null;
  } catch {
    return null;
  }
}

/** Path and query, percent-encoded. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(`http://host.invalid${url}`);
  return pathname + search;
}

function knownHosts(hosts: RedirectServerOptions['hosts']): Settings['isKnown'] {
  // A promise is no answer, whatever it becomes.
  if (typeof hosts === 'function') return (host) => (hosts(host) as unknown) === true;
  // Callers in JavaScript may pass any value.
  if (!Array.isArray(hosts)) throw invalidType('options.hosts', 'an array of strings or a function', hosts);
  const known = new Set(hosts.map(hostNameOf));
  return (host) => known.has(host) || known.has(host.replace(/^[^.]+/, '*'));
}

/** In A-labels and lower case. A path or a port behind it is refused: domainToASCII() would drop it. */
function hostNameOf(host: unknown): string {
  const isName = typeof host === 'string' && /^[\p{L}\p{M}\p{N}.*_-]+$/u.test(host);
  const ascii = isName ? domainToASCII(host).toLowerCase() : '';
  if (ascii !== '') return ascii;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'hosts' must contain host names. Received ${String(host)}`,
  );
}
