import { inspect } from 'node:util';
import type { ClientHello } from '../../formats/client-hello/client-hello.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import { SecureContext } from '../secure-context/secure-context.js';
import type { ALPNCallback, SNICallback } from './server-options.js';

/**
 * The context for a name; null for the server's own.
 * @throws what the callback throws or gives, TypeError where it gives something else than a context
 */
export function askForContext(
  select: SNICallback,
  receiver: object,
  servername: string,
): Promise<SecureContext | null> {
  return new Promise((resolve, reject) => {
    select.call(receiver, servername, (error, context) => {
      if (error) reject(error);
      else if (!context) resolve(null);
      else if (context instanceof SecureContext) resolve(context);
      else reject(new TypeError('Invalid SNI context'));
    });
  });
}

/**
 * One of the protocols that the client offers; undefined when the callback wants none of them.
 * @throws what the callback throws, TypeError ERR_TLS_ALPN_CALLBACK_INVALID_RESULT for one that was not offered
 */
export function askForProtocol(
  select: ALPNCallback,
  receiver: object,
  { servername, alpnProtocols }: ClientHello,
): string | undefined {
  const protocols = [...alpnProtocols];
  const chosen: unknown = select.call(receiver, { servername: servername ?? '', protocols });
  if (chosen === undefined) return undefined;
  const offered = alpnProtocols.find((name) => name === chosen);
  if (offered !== undefined) return offered;
  throw argumentError(
    'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT',
    `ALPN callback returned a value (${printable(typeof chosen === 'string' ? chosen : inspect(chosen))}) that did not match any of the client's offered protocols (${printableList(alpnProtocols)})`,
  );
}
