import { invalidType } from '../../base/errors/argument-error.js';
import { native } from '../../native/load.js';
import { endPointOf } from '../../windows/negotiate/end-point.js';
import {
  type SignIn,
  type SignInAccount,
  type SignInScheme,
  startSignIn,
} from '../../windows/negotiate/sign-in.js';

export type { SignIn, SignInAccount, SignInScheme };

export interface NegotiateOptions {
  /** The host that is signed in to, as the domain knows it. Its service is HTTP/host. */
  readonly host: string;
  /** The TLSSocket of the connection: the sign-in is bound to its certificate. Null: there is no TLS. */
  readonly socket: object | null;
  /** Default 'negotiate': Kerberos, or else NTLM. */
  readonly scheme?: SignInScheme | undefined;
  /** Default: the user of this process. */
  readonly account?: SignInAccount | undefined;
  /** The server must prove who it is: only Kerberos can. Default false. */
  readonly mutual?: boolean | undefined;
}

/**
 * Makes the tokens of a sign-in by Negotiate or NTLM, on one connection, for a protocol that carries them: HTTP
 * (RFC 4559), LDAP, SMTP. Windows makes them (SSPI).
 *
 * ```js
 * const signIn = negotiate({ host: 'intranet.example', socket });
 * const authorization = `Negotiate ${(await signIn.next(null)).toString('base64')}`;
 * ```
 *
 * A token may say who this user is: call it only for hosts that this user means. Close it in the end.
 *
 * @throws {SchannelError} ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: also a socket without a channel binding
 */
export function negotiate(options: NegotiateOptions): SignIn {
  const { host, socket, scheme = 'negotiate', account, mutual } = options;
  const channelBinding = socket === null ? null : endPointOf(socket);
  // Without it, a server that wants it would refuse for a reason that nobody sees.
  if (socket !== null && channelBinding === null) {
    throw invalidType('options.socket', 'a TLSSocket of this package that is connected, or null', socket);
  }
  return startSignIn(native(), { scheme, host, account, mutual, channelBinding });
}
