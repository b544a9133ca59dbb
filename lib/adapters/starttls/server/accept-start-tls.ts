import type { Duplex } from 'node:stream';
import { argumentError, integerWithin, invalidType } from '../../../base/errors/argument-error.js';
import type { DialogueLimits } from '../dialogue.js';
import { ownName } from '../smtp.js';
import { checkDialogue, completeLimits, DIALOGUE_TIMEOUT } from '../start-tls.js';
import { untilSecure } from '../until-secure.js';
import { answerStartTls, IMPLICIT_WAIT, type ServerProtocolName, serverProtocols } from './answer.js';

/** Options of the dialogue on the side of the server. */
export interface AcceptSettings {
  /** The protocol on the socket: 'smtp' (RFC 3207), 'imap', 'pop3', 'ldap' or 'postgres'. */
  readonly protocol: ServerProtocolName;
  /** The name in greetings: by default this machine's full name, or else the connection's address in brackets. */
  readonly name?: string | undefined;
  /** Also takes clients that begin with TLS, as on the ports 465, 993, 995 and 636. Default false. */
  readonly implicitTls?: boolean | undefined;
  /**
   * With `implicitTls`, how many milliseconds an SMTP, IMAP or POP3 client has to begin with TLS before it is greeted
   * in the clear. Default 200.
   */
  readonly implicitTlsWait?: number | undefined;
  /**
   * Milliseconds for the whole clear-text dialogue. Default 30,000. The handshake has the server's handshakeTimeout.
   */
  readonly dialogueTimeout?: number | undefined;
  /** Ends the dialogue or the handshake with an AbortError. Has no effect after the promise is settled. */
  readonly signal?: AbortSignal | undefined;
  /** Changes {@link DIALOGUE_LIMITS}. */
  readonly limits?: Partial<Omit<DialogueLimits, 'replyLines'>> | undefined;
}

/** A client that has asked for TLS. */
export interface AcceptedTls<Secured> {
  readonly socket: Secured;
  /** The client began with TLS. If the protocol has a greeting, it waits for that. */
  readonly isImplicit: boolean;
}

/** A minute is more than clients wait for a greeting. */
const LONGEST_WAIT = 60_000;

/**
 * Makes an acceptStartTls() from what begins TLS as the server on a stream. See the one of the entry point.
 * @param ready called before anything is sent; throws if TLS cannot work with this server
 */
export function createAcceptStartTls<Server, Secured extends Duplex>(
  begin: (server: Server, transport: Duplex) => Secured,
  ready: (server: Server) => void = () => undefined,
): (socket: Duplex, options: AcceptSettings & { readonly server: Server }) => Promise<AcceptedTls<Secured>> {
  return async (socket, options) => {
    const { server, signal = null } = options;
    ready(server);
    const settings = checked(options);
    const { socket: transport, isImplicit } = await answerStartTls(socket, null, {
      ...settings,
      name: options.name ?? ownName(socket),
      signal,
    });
    try {
      return { socket: await untilSecure(begin(server, transport), signal, 'client'), isImplicit };
    } catch (error) {
      transport.destroy();
      throw error;
    }
  };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
function checked(options: AcceptSettings): Omit<Parameters<typeof answerStartTls>[2], 'name' | 'signal'> {
  const { protocol, implicitTls = false, implicitTlsWait = IMPLICIT_WAIT } = options;
  if (!serverProtocols.includes(protocol)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `protocol must be one of ${serverProtocols.join(', ')}, not ${protocol}`,
    );
  }
  if (typeof implicitTls !== 'boolean')
    throw invalidType('options.implicitTls', 'of type boolean', implicitTls);
  const wait = integerWithin('options.implicitTlsWait', implicitTlsWait, 0, LONGEST_WAIT);
  checkDialogue(options);
  return {
    protocol,
    implicitTls: implicitTls ? wait : null,
    timeout: options.dialogueTimeout ?? DIALOGUE_TIMEOUT,
    limits: completeLimits(options.limits),
  };
}
