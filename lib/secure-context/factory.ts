import { createSecureContext, type SecureContext, type SecureContextOptions } from './secure-context.js';

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
