import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** @param why if somebody could say it */
export function cannotListen(address: string, cause: Error, why: string | null = null): SchannelError {
  const reason = why === null ? cause.message : `${cause.message}: ${why}`;
  return new SchannelError('ERR_SCHANNEL_TUNNEL_LISTEN', `Can't listen on ${address}: ${reason}`, {
    cause,
    advice: LISTEN_ADVICE[codeOf(cause)] ?? 'Check the address and the port.',
  });
}

const LISTEN_ADVICE: Readonly<Record<string, string | undefined>> = {
  EADDRINUSE: 'Another program listens there: stop it, or take another port.',
  // Hyper-V and others reserve ranges of ports.
  EACCES:
    'Windows has reserved the port ("netsh interface ipv4 show excludedportrange tcp" lists them), or this account may not use it.',
  EADDRNOTAVAIL: 'No interface of this machine has the address.',
};

/** A warning: the tunnel listens again in a moment. */
export function cannotAccept(address: string, cause: Error): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_ACCEPT',
    `Can't take a connection on ${address}: ${cause.message}`,
    { cause, advice: 'If it happens often, look at what else this process and this machine have open.' },
  );
}

/** What happened at each target. */
export interface FailedTarget {
  readonly target: string;
  readonly error: Error;
}

export function noTarget(failures: readonly FailedTarget[]): SchannelError {
  const reasons = failures.map(({ target, error }) => `${target}: ${printable(error.message)}`);
  return new SchannelError('ERR_SCHANNEL_TUNNEL_CONNECT', `No connection to ${reasons.join('; ')}`, {
    phase: 'connect',
    cause:
      failures.length === 1 ? failures[0]?.error : new AggregateError(failures.map(({ error }) => error)),
    advice: 'Check that the target runs, and that this machine can reach it.',
  });
}

export const connectTimeout = (milliseconds: number): Error =>
  Object.assign(new Error(`no answer within ${milliseconds} ms`), { code: 'ETIMEDOUT' });

export function notAllowed(why: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_TUNNEL_NOT_ALLOWED', `The peer is not allowed: ${why}`, {
    phase: 'verify',
    advice: 'Add a rule for its certificate, if it should come through.',
  });
}

export function limitReached(what: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_TUNNEL_LIMIT', `The tunnel has ${what} already`, {
    phase: 'connect',
    advice: 'Raise the limit if these connections are wanted. Otherwise find out who opens them.',
  });
}

export function busy(milliseconds: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_BUSY',
    `One side took nothing for ${milliseconds} ms, although data waited for it`,
    { phase: 'data', advice: 'Look for a program or a machine that hangs, or raise the limit.' },
  );
}

export function idle(milliseconds: number, isEnding: boolean): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_IDLE',
    isEnding
      ? `One side has ended, and the other has sent nothing for ${milliseconds} ms`
      : `Nothing was sent in either direction for ${milliseconds} ms`,
    { phase: 'data', advice: 'Raise the limit if the connection should have stayed open.' },
  );
}

export function tooOld(milliseconds: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_LIFETIME',
    `The connection was open for ${milliseconds} ms, which is the limit`,
    { phase: 'data', advice: 'Raise the limit if the connection should have stayed open.' },
  );
}

export function cutOff(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_CUT_OFF',
    'The tunnel has ended, and the time to drain it was over',
    {
      phase: 'close',
      advice: 'Give connections more time to end.',
    },
  );
}

export function exposed(address: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_EXPOSED',
    `Other machines can use this tunnel: it takes connections in the clear on ${address}`,
    { advice: 'Listen on 127.0.0.1, unless the network there is as trusted as this machine.' },
  );
}

export function statusExposed(address: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_EXPOSED',
    `Other machines could read the status of the tunnels on ${address}`,
    { advice: 'Take an address of this machine, such as 127.0.0.1, or allow any address.' },
  );
}

export function unverified(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_TUNNEL_UNVERIFIED',
    'The certificates of targets are not verified: anybody on the way can read and change what goes through',
    {
      advice:
        'Leave rejectUnauthorized out, and give the authority of the targets in ca if Windows does not know it.',
    },
  );
}

export function programSaid(program: string, line: string): SchannelError {
  return aboutProgram(`${program} says: ${printable(line, 400)}`, 'Look at what the program needs.');
}

/** @param how such as 'exit code 1' */
export function programFailed(program: string, how: string): SchannelError {
  return aboutProgram(`${program} has failed: ${printable(how)}`, 'Look above for what the program wrote.');
}

export function programKilled(program: string): SchannelError {
  return aboutProgram(
    `${program} was killed: it went on running after its connection was over`,
    'Have the program end when its standard input ends, or give connections more time to end.',
  );
}

const aboutProgram = (what: string, advice: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_TUNNEL_PROGRAM', what, { advice });

export const goneEarly = (): Error =>
  Object.assign(new Error('The client closed the connection before the tunnel was open'), {
    code: 'ECONNRESET',
  });

const codeOf = (error: Error): string => {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
};
