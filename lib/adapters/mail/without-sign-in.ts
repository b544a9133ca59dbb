import { SchannelError } from '../../base/errors/schannel-error.js';

/** The part of nodemailer's argument for custom authentication handlers that is used here. */
interface SignIn {
  readonly method: string;
  reject(error: Error): void;
}

type SignInHandler = (signIn: SignIn) => void;

/** The mechanisms that nodemailer implements. */
const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'];

/**
 * nodemailer's options for a connection that stays in the clear. A message can have its own credentials. Every
 * mechanism, nodemailer's or the caller's, refuses before any of them is sent.
 */
export function withoutSignIn(customAuth: unknown): Record<string, unknown> {
  const names = [...MECHANISMS, ...Object.keys(customAuth ?? {})];
  return {
    secure: false,
    secured: false,
    requireTLS: false,
    // The server does not offer TLS, and nodemailer must not try it by itself with node:tls.
    ignoreTLS: true,
    customAuth: Object.fromEntries(names.map((name): [string, SignInHandler] => [name, refuse])),
  };
}

function refuse(signIn: SignIn): void {
  signIn.reject(
    new SchannelError(
      'ERR_SCHANNEL_STARTTLS_UNAVAILABLE',
      `The server offers no TLS, and credentials (AUTH ${signIn.method}) are never sent in the clear`,
      { phase: 'starttls', advice: 'Leave requireTLS at true, and use a server or port with TLS.' },
    ),
  );
}
