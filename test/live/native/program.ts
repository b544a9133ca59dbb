import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { native } from '#lib/native/load.js';
import { acquire, createSession, CREDENTIAL, handshake } from './client.js';

/** Leaves a hundred steps under way. */
async function startSteps(): Promise<void> {
  const credential = await acquire();
  for (let count = 0; count < 100; ++count) {
    createSession(credential).handshake([], () => undefined);
    native().acquireCredential(CREDENTIAL, () => undefined);
  }
}

const TASKS: Readonly<Record<string, () => Promise<void> | void>> = {
  exits: async () => {
    await startSteps();
    process.exit(7);
  },
  terminated: async () => {
    await startSteps();
    parentPort?.postMessage('started');
  },
  holds: async () => {
    const credential = await acquire();
    const sessions = Array.from({ length: 50 }, () => createSession(credential));
    for (const session of sessions) await handshake(session, []);
    parentPort?.postMessage(sessions.length);
    // Without a word to the sessions, which are there to the end.
    parentPort?.once('message', () => process.exit(sessions.length));
  },
  acquires: () => {
    native().acquireCredential(CREDENTIAL, () => undefined);
  },
  throws: () => {
    process.once('uncaughtException', () => process.exit(9));
    native().acquireCredential(CREDENTIAL, () => {
      throw new Error('thrown by a callback');
    });
  },
};

const name = isMainThread ? process.argv[2] : (workerData as string);
void TASKS[name ?? '']?.();
