import type tls from 'node:tls';

import { argumentError } from '../../base/errors/argument-error.js';
import { createSecureContext, SecureContext, type SecureContextOptions } from './secure-context.js';

export type SecureContextFactory = (options?: SecureContextOptions) => SecureContext;

/** The exports of the package. */
let exported: { readonly createSecureContext: SecureContextFactory } = { createSecureContext };

/** From now on, connect() and createServer() make contexts with the function that these exports have at that time. */
export function useExportedFactory(exports: typeof exported): void {
  exported = exports;
}

/** A context of these options. As in node:tls, a program may replace the function that is exported. */
export const makeSecureContext: SecureContextFactory = (options) => exported.createSecureContext(options);

/**
 * What can be given instead of a context. It includes Node's own because the types of node:tls do; they are refused.
 */
export type ContextSource = SecureContext | SecureContextOptions | tls.SecureContext;

/**
 * A context of ours unchanged, or a new one made of options.
 * @throws as createSecureContext(); TypeError ERR_TLS_INVALID_CONTEXT for a context of node:tls, which would otherwise
 *   be read as empty options
 */
export function contextFrom(source: ContextSource): SecureContext {
  if (source instanceof SecureContext) return source;
  if ('context' in source)
    throw argumentError('ERR_TLS_INVALID_CONTEXT', 'context must be a SecureContext of this library');
  return makeSecureContext(source);
}
