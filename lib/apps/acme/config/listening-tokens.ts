import { once } from 'node:events';
import type { Server } from 'node:http';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { type ListeningSolver, portObstacle } from '../challenge/check-challenges.js';
import { httpTokens } from '../challenge/http-tokens.js';
import { createRedirectServer } from '../challenge/redirect-server.js';
import type { ChallengeSolver } from '../challenge/solver.js';

export interface ListeningOptions {
  /** Where the answers are, for whatever process has the port. */
  readonly folder: string;
  /** Default 80. The authority comes to that one; another is for a port that is forwarded. */
  readonly port?: number | undefined;
  readonly address?: string | undefined;
}

/**
 * Answers HTTP-01 by a server that listens from the first answer that is shown to the last one that is removed. If the
 * port is in use, the answers are only put into the folder: a site of this machine may show them.
 */
export function listeningTokens({
  folder,
  port = 80,
  address,
}: ListeningOptions): ChallengeSolver & ListeningSolver {
  // It is looked at on 127.0.0.1, where it may not listen.
  const tokens = httpTokens({ folder, port: address === undefined ? port : 0 });
  const shown = new Set<unknown>();
  let server: Server | null = null;
  return {
    name: tokens.name,
    types: tokens.types,
    needsPort: port,
    refuses: (name) => tokens.refuses(name),
    plan: (task, context) => tokens.plan(task, context),
    async show(plan, context) {
      const result = await tokens.show(plan, context);
      shown.add(plan['token']);
      if (server === null) {
        server = createRedirectServer({ hosts: [], tokens });
        await listen(server, port, address, context.log);
      }
      return result;
    },
    settle: async (plans, context) => tokens.settle?.(plans, context),
    async undo(plan, context) {
      await tokens.undo(plan, context);
      shown.delete(plan['token']);
      if (shown.size > 0 || server === null) return;
      const ending = server;
      server = null;
      ending.closeAllConnections();
      if (ending.listening) await new Promise((resolve) => ending.close(resolve));
    },
  };
}

async function listen(
  server: Server,
  port: number,
  address: string | undefined,
  log: (text: string) => void,
): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
    log(`Port ${port} is open until the names are confirmed`);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') {
      log(`Port ${port} is in use. Whatever has it must show the answers`);
      return;
    }
    const reason = (await portObstacle(port))?.text ?? toError(error).message;
    throw new SchannelError(
      'ERR_SCHANNEL_ACME_CHALLENGE',
      `Port ${port} could not be opened for HTTP-01: ${reason}`,
      {
        advice: 'Let another web server show the files ("webroot"), or prove the names by DNS.',
        cause: error,
      },
    );
  }
}
