import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { describeStatus, formatStatus, statusName } from '../../base/errors/status-table.js';
import type { NativeSignIn, NativeSignIns, NativeSignInStep } from '../../native/sign-in-binding.js';

/** A scheme of HTTP that Windows signs in by. 'negotiate' is Kerberos where that is possible, or else NTLM. */
export type SignInScheme = 'negotiate' | 'ntlm';

export interface SignInRequest {
  readonly scheme: SignInScheme;
  /** The host that is signed in to. Its service is HTTP/host. */
  readonly host: string;
  /** 'COMPANY\\anna' or 'anna@company.example', and the password. Default: the user of this process. */
  readonly account?: SignInAccount | undefined;
  /** The data of RFC 5929 with their prefix: 'tls-server-end-point:…'. Default: none. */
  readonly channelBinding?: Uint8Array | null | undefined;
  /** The other side must prove who it is: only Kerberos can. Default false. */
  readonly mutual?: boolean | undefined;
}

export interface SignInAccount {
  readonly user: string;
  readonly password: string;
}

/** A conversation on one connection. */
export interface SignIn {
  /**
   * The next token for the other side; empty if there is nothing to say.
   * @param token what the other side has sent; null at the beginning
   * @throws {SchannelError} ERR_SCHANNEL_SIGN_IN_FAILURE, ERR_SCHANNEL_PEER_SIGN_IN
   */
  next(token: Uint8Array | null): Promise<Buffer>;
  /**
   * The other side has accepted the sign-in, and sent this token with it, or none (null).
   * @throws {SchannelError} ERR_SCHANNEL_PEER_SIGN_IN the token is wrong, or it proves too little
   */
  finish(token: Uint8Array | null): Promise<void>;
  /** What Windows has chosen, 'Kerberos' or 'NTLM', once it says it. */
  readonly mechanism: string | null;
  close(): void;
}

const PACKAGES: Readonly<Record<SignInScheme, string>> = { negotiate: 'Negotiate', ntlm: 'NTLM' };

/** ISC_REQ_CONNECTION, and ISC_REQ_MUTUAL_AUTH with its twin ISC_RET_MUTUAL_AUTH. Delegation is never asked for. */
const CONNECTION = 0x800;
const MUTUAL = 0x2;

const OK = 0;
const CONTINUE = 0x0009_0312;

/**
 * Begins to sign in. Windows is called with the first token.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; its message does not have the password
 */
export function startSignIn(native: NativeSignIns, request: SignInRequest): SignIn {
  const { scheme, host, account, channelBinding = null, mutual = false } = request;
  if (!Object.hasOwn(PACKAGES, scheme)) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `the scheme must be negotiate or ntlm, not ${scheme}`);
  }
  if (typeof host !== 'string') throw invalidType('host', 'of type string', host);
  if (!/^[^\s/\p{Cc}]{1,255}$/u.test(host)) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'the host of a sign-in must be a host name');
  }
  const target = `HTTP/${host}`;
  const password = Buffer.from(account?.password ?? '', 'utf16le');
  try {
    const signIn = native.createSignIn({
      package: PACKAGES[scheme],
      targetName: target,
      requestFlags: CONNECTION | (mutual ? MUTUAL : 0),
      channelBinding,
      account: account === undefined ? null : { ...nameOf(account.user), password },
    });
    return new Conversation(signIn, target, mutual);
  } finally {
    password.fill(0);
  }
}

/** 'COMPANY\\anna' is split; Windows itself understands 'anna@company.example'. */
function nameOf(user: string): { readonly user: string; readonly domain: string } {
  const at = user.indexOf('\\');
  return at < 0 ? { user, domain: '' } : { user: user.slice(at + 1), domain: user.slice(0, at) };
}

class Conversation implements SignIn {
  readonly #native: NativeSignIn;
  readonly #target: string;
  readonly #mutual: boolean;
  #isDone = false;
  #isProven = false;
  mechanism: string | null = null;

  constructor(native: NativeSignIn, target: string, mutual: boolean) {
    this.#native = native;
    this.#target = target;
    this.#mutual = mutual;
  }

  async next(token: Uint8Array | null): Promise<Buffer> {
    return (await this.#step(token)).answer;
  }

  async #step(token: Uint8Array | null): Promise<{ readonly answer: Buffer; readonly isDone: boolean }> {
    if (this.#isDone) throw this.#wrong('it goes on after the last token');
    const step = await new Promise<NativeSignInStep>((resolve) => {
      this.#native.next(token, resolve);
    });
    if (step.status !== OK && step.status !== CONTINUE) throw this.#failed(step, token !== null);
    this.#isDone = step.status === OK;
    this.#isProven = (step.attributes & MUTUAL) !== 0;
    this.mechanism = step.mechanism ?? this.mechanism;
    return { isDone: this.#isDone, answer: Buffer.from(step.token ?? []) };
  }

  async finish(token: Uint8Array | null): Promise<void> {
    // Some say "accepted" in a token of SPNEGO after the last one. Windows has nothing to do with it any more.
    if (token !== null && !this.#isDone) {
      const { answer, isDone } = await this.#step(token);
      if (answer.length > 0 || !isDone) throw this.#wrong('it has accepted what was not complete');
    }
    // Without `mutual` it may accept without a last word, as many do.
    if (this.#mutual && !(this.#isDone && this.#isProven)) {
      throw this.#wrong('it has not proven who it is, as the option mutual asks for');
    }
  }

  close(): void {
    this.#native.close();
  }

  #wrong(why: string): SchannelError {
    return new SchannelError('ERR_SCHANNEL_PEER_SIGN_IN', `The sign-in to ${this.#target} failed: ${why}`, {
      phase: 'connect',
      advice: this.#mutual
        ? 'Only Kerberos proves both sides: the name must be the one of the service in the domain. Or leave out the option mutual.'
        : 'See the log of the other side.',
    });
  }

  #failed({ status, syscall }: NativeSignInStep, isAboutToken: boolean): SchannelError {
    const isPeers = isAboutToken && TOKEN_FAULTS.has(status);
    const meaning =
      MEANINGS.get(status)?.[0] ?? describeStatus(status)?.meaning ?? 'Windows gives no reason.';
    const advice = MEANINGS.get(status)?.[1] ?? 'See the events of the source LSA in the System log.';
    const number = formatStatus(status);
    const name = statusName(status);
    return new SchannelError(
      isPeers ? 'ERR_SCHANNEL_PEER_SIGN_IN' : 'ERR_SCHANNEL_SIGN_IN_FAILURE',
      `The sign-in to ${this.#target} failed: ${meaning.replace(/\.$/, '')} [${syscall}: ${name === number ? number : `${name} ${number}`}]`,
      { phase: 'connect', status, syscall, advice },
    );
  }
}

/** What says that the other side's token is wrong. */
const TOKEN_FAULTS: ReadonlySet<number> = new Set([
  0x8009_0308, // SEC_E_INVALID_TOKEN
  0x8009_030f, // SEC_E_MESSAGE_ALTERED
  0x8009_0310, // SEC_E_OUT_OF_SEQUENCE
  0x8009_0322, // SEC_E_WRONG_PRINCIPAL
  0x8009_0363, // SEC_E_MUTUAL_AUTH_FAILED
]);

/** What statuses mean here: the table of all statuses speaks of TLS. */
const MEANINGS: ReadonlyMap<number, readonly [meaning: string, advice: string]> = new Map([
  [
    0x8009_0303, // SEC_E_TARGET_UNKNOWN
    [
      'The domain has no service of this name',
      'Use the name by which the domain knows the host, and check its service with "setspn -Q HTTP/host".',
    ],
  ],
  [
    0x8009_0305, // SEC_E_SECPKG_NOT_FOUND
    [
      'Windows has no package for this scheme',
      'NTLM may be switched off by a policy. In Wine it needs ntlm_auth of Samba.',
    ],
  ],
  [0x8009_0308, ['The token of the other side is damaged', 'See the log of the other side.']],
  [
    0x8009_030c, // SEC_E_LOGON_DENIED
    ['The account is refused', 'Check the user, the domain and the password.'],
  ],
  [
    0x8009_030e, // SEC_E_NO_CREDENTIALS
    [
      'There is no account to sign in with',
      'Services and local users have none in the domain: give a user and a password.',
    ],
  ],
  [
    0x8009_0311, // SEC_E_NO_AUTHENTICATING_AUTHORITY
    ['No domain controller can be reached', 'Connect to the network of the domain, or use another scheme.'],
  ],
  [
    0x8009_0322, // SEC_E_WRONG_PRINCIPAL
    [
      'The other side is not the service of this name',
      'Check the name, and which account has the service: "setspn -Q HTTP/host".',
    ],
  ],
  [
    0x8009_0346, // SEC_E_BAD_BINDINGS
    [
      'The channel binding is refused',
      'Something between decrypts TLS, or the other side is reached by another name.',
    ],
  ],
  [
    0x8009_0350, // SEC_E_DOWNGRADE_DETECTED
    ['The domain controller cannot be asked', 'Check the connection to the domain and the clock.'],
  ],
]);
