import { createHash } from 'node:crypto';
import http from 'node:http';
import { isIPv6 } from 'node:net';
import tls from 'node:tls';
import { integerWithin } from '../../../base/errors/argument-error.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import { textOf } from './plan.js';
import type { ChallengeContext, ChallengePlan } from './solver.js';

export interface LocalLookOptions {
  /**
   * Port of this machine that shows the answers. Before the ACME server looks, they are asked for there, and the log
   * says what is in the way. Default 80, for TLS-ALPN-01 443; 0 asks nobody.
   */
  readonly port?: number | undefined;
}

/** A server of this machine has nothing to wait for. */
const PATIENCE_MS = 3000;
/** More than any answer has. */
const MOST_BYTES = 1024;

/** How one answer is asked for. @returns what is wrong with it; null if nothing is. @throws Error */
export type AskForAnswer = (plan: ChallengePlan, port: number, signal: AbortSignal) => Promise<string | null>;

/** @throws RangeError ERR_OUT_OF_RANGE */
export function checkedPort(port: number): number {
  integerWithin('options.port', port, 0, 65_535);
  return port;
}

/**
 * Asks this machine for the answers, as the ACME server will ask it from outside. That finds what goes wrong most
 * often: no server runs, or another one answers. It never fails, since the server may listen on another address only.
 */
export async function lookAtAnswers(
  plans: readonly ChallengePlan[],
  ask: AskForAnswer,
  port: number,
  { log, signal }: ChallengeContext,
): Promise<void> {
  if (port === 0) return;
  for (const plan of plans) {
    const fault = await faultOf(plan, ask, port, signal);
    signal?.throwIfAborted();
    if (fault === null) continue;
    const what = `Port ${port} of this machine does not show the answer for ${textOf(plan, 'value')}`;
    log(`${what}: ${fault}. The order goes on.`);
  }
}

async function faultOf(
  plan: ChallengePlan,
  ask: AskForAnswer,
  port: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await ask(plan, port, signal === undefined ? limit : AbortSignal.any([limit, signal]));
  } catch (error) {
    if (limit.aborted) return 'there is no answer in time';
    return errorCode(error) === 'ECONNREFUSED' ? 'nobody listens there' : printable(toError(error).message);
  }
}

const OTHER = 'it shows something else';

/** HTTP-01: plans with `value`, `token` and `keyAuthorization`. */
export const askByHttp: AskForAnswer = (plan, port, signal) => {
  const host = textOf(plan, 'value');
  return new Promise((resolve, reject) => {
    const request = http.get({
      host: '127.0.0.1',
      port,
      path: `/.well-known/acme-challenge/${textOf(plan, 'token')}`,
      headers: { host: isIPv6(host) ? `[${host}]` : host },
      agent: false,
      signal,
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const { statusCode: status = 0 } = response;
      let body = '';
      response.setEncoding('latin1').once('error', reject);
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MOST_BYTES) response.destroy(new Error(OTHER));
      });
      response.once('end', () => {
        // The ACME server follows redirects, to places that need not be here.
        if (status >= 300 && status < 400) resolve(null);
        else if (status !== 200) resolve(`the status is ${status}`);
        else resolve(body.trim() === textOf(plan, 'keyAuthorization') ? null : OTHER);
      });
    });
  });
};

/**
 * TLS-ALPN-01: plans with `value` and `keyAuthorization`. Node's own TLS is enough: the certificate is only compared.
 *
 * @param servernameOf what the ACME server asks for
 */
export const askByTls =
  (servernameOf: (plan: ChallengePlan) => string): AskForAnswer =>
  (plan, port, signal) => {
    const ALPNProtocols = ['acme-tls/1'];
    const servername = servernameOf(plan);
    return new Promise((resolve, reject) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port,
        servername,
        ALPNProtocols,
        rejectUnauthorized: false,
      });
      const end = (): void => {
        socket.destroy(new Error('aborted'));
      };
      signal.addEventListener('abort', end);
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        const digest = createHash('sha256').update(textOf(plan, 'keyAuthorization')).digest();
        const isShown = socket.getPeerX509Certificate()?.raw.includes(digest) === true;
        resolve(socket.alpnProtocol === ALPNProtocols[0] && isShown ? null : OTHER);
        socket.end();
      });
      socket.once('close', () => {
        signal.removeEventListener('abort', end);
        reject(new Error('the connection ended'));
      });
      socket.resume();
    });
  };
