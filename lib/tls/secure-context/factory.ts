import type tls from 'node:tls';

import { argumentError } from '../../base/errors/argument-error.js';
import { createSecureContext, SecureContext, type SecureContextOptions } from './secure-context.js';

export type SecureContextFactory = (options?: SecureContextOptions) => SecureContext;

let factory: SecureContextFactory = createSecureContext;

/** The function that makes contexts from the options of connect() and createServer() from now on. */
export function setSecureContextFactory(make: SecureContextFactory): void {
  factory = make;
}

/**
 * Makes a context as the package's createSecureContext() does. node:tls calls its own by the exported name, and
 * programs that put another in its place count on it.
 */
export const makeSecureContext: SecureContextFactory = (options) => factory(options);

/** What takes the place of a context. Node's own are in it since the types of node:tls have them there; they are refused. */
export type ContextSource = SecureContext | SecureContextOptions | tls.SecureContext;

/**
 * A context of ours as it is, or one made of options.
 * @throws as createSecureContext(); TypeError ERR_TLS_INVALID_CONTEXT for one of node:tls's, which would pass for options
 *   that say nothing
 */
export function contextFrom(source: ContextSource): SecureContext {
  if (source instanceof SecureContext) return source;
  if ('context' in source)
    throw argumentError('ERR_TLS_INVALID_CONTEXT', 'context must be a SecureContext of this library');
  return makeSecureContext(source);
}
