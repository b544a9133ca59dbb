import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Server } from 'node:tls';
import type {
  NativeSessionInfo,
  NativeCredential,
  NativeSession,
  NativeHandshakeResult,
} from '#lib/native/binding.js';
import type { NativeOutcome } from '#lib/native/store-binding.js';
import { native } from '#lib/native/load.js';

export const SEC_E_OK = 0;
export const SEC_I_CONTINUE_NEEDED = 0x00090312;
export const SEC_E_INCOMPLETE_MESSAGE = 0x80090318;

/** SCHANNEL_CRED with manual validation, no certificate of the user's, strong cryptography. */
export const CREDENTIAL = { structure: 4, flags: 0x400018, protocols: 0, sessionLifespan: 0 } as const;

/** The five flags of every stream, extended errors, manual validation and no default credentials (ISC_REQ_*). */
const REQUEST_FLAGS = 0x4 | 0x8 | 0x10 | 0x100 | 0x8000 | 0x4000 | 0x80000 | 0x80;

export async function acquire(): Promise<NativeCredential> {
  const outcome = await new Promise<NativeOutcome<NativeCredential>>((resolve) => {
    native().acquireCredential(CREDENTIAL, resolve);
  });
  if (outcome.value === null) throw new Error(`${outcome.syscall}: ${outcome.status.toString(16)}`);
  return outcome.value;
}

export function createSession(credential: NativeCredential, alpnProtocols: string[] = []): NativeSession {
  return native().createSession(credential, {
    targetName: 'localhost',
    requestFlags: REQUEST_FLAGS,
    alpnProtocols: alpnProtocols.map((name) => Buffer.from(name)),
  });
}

export const handshake = (
  session: NativeSession,
  portions: readonly Uint8Array[],
): Promise<NativeHandshakeResult> =>
  new Promise((resolve) => {
    session.handshake(portions, resolve);
  });

/** A session that has finished its handshake, and the socket below it. */
export interface OpenSession {
  readonly session: NativeSession;
  readonly socket: Socket;
  readonly connection: NativeSessionInfo;
  /** Bytes that came behind the handshake. */
  readonly rest: Buffer;
}

/** Shakes hands with a server on loopback; no certificate is looked at. */
export async function openSession(session: NativeSession, server: Server): Promise<OpenSession> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let step = await handshake(session, []);
  let pending = Buffer.alloc(0);
  while (step.info === null) {
    assert.ok(
      step.status === SEC_I_CONTINUE_NEEDED || step.status === SEC_E_INCOMPLETE_MESSAGE,
      step.syscall,
    );
    if (step.token !== null) socket.write(step.token);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    pending = Buffer.concat([pending, chunk]);
    step = await handshake(session, [pending]);
    pending = pending.subarray(step.consumed);
  }
  if (step.token !== null) socket.write(step.token);
  return { session, socket, connection: step.info, rest: pending };
}
