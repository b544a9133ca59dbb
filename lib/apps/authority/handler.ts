import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ocspRefusal } from '../../formats/revocation/ocsp-response.js';
import { LONGEST_REQUEST } from '../../formats/revocation/ocsp-request.js';
import type { AuthorityContext } from './context.js';
import { presentList, type PublishedList } from './lists.js';
import type { OcspResponder } from './responder.js';

/** A listener for `http.createServer()`, or a handler of Express: what is not for it goes to `next`. */
export type AuthorityHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: () => void,
) => void;

const TYPES = {
  certificate: 'application/pkix-cert',
  list: 'application/pkix-crl',
  ocsp: 'application/ocsp-response',
} as const;

/** Programs may keep the authority's certificate for a day. */
const CERTIFICATE_SECONDS = 86_400;

/** What a request is for. */
type Target = { readonly kind: 'certificate' | 'list' } | { readonly kind: 'ocsp'; readonly encoded: string };

/** Serves what verifiers need over plain http: the authority's certificate, its revocation list and its responder. */
export function handlerOf(
  context: AuthorityContext,
  responder: OcspResponder,
  onError: (error: unknown) => void,
): AuthorityHandler {
  const lists = rememberedList(context);
  return (request, response, next) => {
    const target = targetOf(context, request.url ?? '');
    if (target === null) {
      if (next === undefined) send(response, 404);
      else next();
      return;
    }
    serve(context, responder, { request, response, target, lists }).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else if (target.kind === 'ocsp') sendOcsp(response, ocspRefusal('internalError'));
      else send(response, 500);
    });
  };
}

/** The part of an address after the authority's public folder. */
function targetOf({ init }: AuthorityContext, url: string): Target | null {
  const folder = init.url === null ? '/' : new URL(init.url).pathname;
  const [path = ''] = url.split('?');
  // A proxy in front may have removed the folder.
  const rest = path.startsWith(folder) ? path.slice(folder.length) : path.replace(/^\/+/, '');
  if (rest === `${init.name}.crt`) return { kind: 'certificate' };
  if (rest === `${init.name}.crl`) return { kind: 'list' };
  const ocsp = `${init.name}/ocsp`;
  if (rest === ocsp) return { kind: 'ocsp', encoded: '' };
  return rest.startsWith(`${ocsp}/`) ? { kind: 'ocsp', encoded: rest.slice(ocsp.length + 1) } : null;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
  readonly lists: RememberedList;
}

interface RememberedList {
  get(): Promise<PublishedList | null>;
}

/** The present list. Reading and checking one with many entries takes long, and every client asks for it. */
function rememberedList(context: AuthorityContext): RememberedList {
  let known: PublishedList | null = null;
  return {
    get: async () => {
      if (known === null || known.number !== context.state.list?.number) known = await presentList(context);
      return known;
    },
  };
}

async function serve(context: AuthorityContext, responder: OcspResponder, exchange: Exchange): Promise<void> {
  const { request, response, target } = exchange;
  if (target.kind === 'ocsp') await serveOcsp(responder, request, response, target.encoded);
  else if (request.method === 'GET' || request.method === 'HEAD') await serveFile(context, exchange);
  else send(response, 405, { allow: 'GET, HEAD' });
}

async function serveFile(context: AuthorityContext, exchange: Exchange): Promise<void> {
  const { lists } = exchange;
  await context.ledger.refresh();
  if (exchange.target.kind === 'certificate') {
    sendFile(exchange, context.authority.contents.raw, TYPES.certificate, CERTIFICATE_SECONDS);
    return;
  }
  const list = await lists.get();
  if (list === null) {
    send(exchange.response, 404);
    return;
  }
  const seconds = Math.floor((list.nextPublish.getTime() - context.ledger.system.clock.now()) / 1000);
  sendFile(exchange, list.der, TYPES.list, Math.max(seconds, 0));
}

function sendFile({ request, response }: Exchange, content: Buffer, type: string, seconds: number): void {
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`;
  const headers = { etag, 'cache-control': `public, max-age=${seconds}` };
  if (request.headers['if-none-match'] === etag) {
    send(response, 304, headers);
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': content.length });
  response.end(request.method === 'HEAD' ? undefined : content);
}

async function serveOcsp(
  responder: OcspResponder,
  request: IncomingMessage,
  response: ServerResponse,
  encoded: string,
): Promise<void> {
  if (request.method !== 'POST' && request.method !== 'GET') {
    send(response, 405, { allow: 'GET, POST' });
    return;
  }
  const body = request.method === 'POST' ? await bodyOf(request) : fromAddress(encoded);
  if (body === null) {
    // The rest of a long body is not read.
    response.shouldKeepAlive = false;
    send(response, 413);
    return;
  }
  sendOcsp(response, await responder.answer(body));
}

/** Null if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > LONGEST_REQUEST) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** RFC 6960 appendix A: Base64 whose special characters are escaped. Some clients add a slash at the end. */
function fromAddress(encoded: string): Buffer | null {
  if (encoded.length > 2 * LONGEST_REQUEST) return null;
  try {
    return Buffer.from(decodeURIComponent(encoded), 'base64');
  } catch {
    return Buffer.alloc(0);
  }
}

function sendOcsp(response: ServerResponse, answer: Buffer): void {
  response.writeHead(200, {
    'content-type': TYPES.ocsp,
    'content-length': answer.length,
    // An answer with a nonce is for one client, and signing is cheap.
    'cache-control': 'no-cache',
  });
  response.end(answer);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, status === 304 ? headers : { ...headers, 'content-length': '0' });
  response.end();
}
