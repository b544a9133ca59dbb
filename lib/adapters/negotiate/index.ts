/** Signing in to servers by Kerberos or NTLM: `schannel/negotiate`. */
export { request } from './request.js';
export type { SignedRequestOptions } from './signed-request.js';
export { negotiate } from './tokens.js';
export type { NegotiateOptions, SignIn, SignInAccount, SignInScheme } from './tokens.js';
