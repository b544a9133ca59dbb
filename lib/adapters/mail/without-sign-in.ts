import { SchannelError } from '../../base/errors/schannel-error.js';

/** What a custom authentication handler of nodemailer is called with, as far as it is used here. */
interface SignIn {
  readonly method: string;
  reject(error: Error): void;
}

type SignInHandler = (signIn: SignIn) => void;

/** The mechanisms nodemailer has built in. */
const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'];

/**
 * nodemailer's options for a connection that stays in the clear. A message can bring credentials of its own; here every
 * mechanism, built in or the caller's, refuses before a byte of them is sent.
 */
export function withoutSignIn(customAuth: unknown): Record<string, unknown> {
  const names = [...MECHANISMS, ...Object.keys(customAuth ?? {})];
  return {
    secure: false,
    secured: false,
    requireTLS: false,
    // The server was asked already and has none; nodemailer must not do TLS by node:tls on its own account.
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
