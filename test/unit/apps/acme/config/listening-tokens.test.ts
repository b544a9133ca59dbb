import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { httpTokens } from '#lib/apps/acme/challenge/http-tokens.js';
import type { ChallengePlan, ChallengeSolver } from '#lib/apps/acme/challenge/solver.js';
import { listeningTokens } from '#lib/apps/acme/config/listening-tokens.js';

describe('apps/acme/config/listening-tokens', () => {
  let folder: string;
  let port: number;
  let solver: ChallengeSolver;
  let said: string[];
  const context = { log: (text: string) => void said.push(text) };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-answers-'));
    said = [];
    const free = await listening();
    ({ port } = free.address() as AddressInfo);
    await ended(free);
    solver = listeningTokens({ folder, port, address: '127.0.0.1' });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function listening(at = 0): Promise<http.Server> {
    const server = http.createServer().listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
  const ended = (server: http.Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

  const plan = (token: string): ChallengePlan => ({ token, keyAuthorization: `${token}.thumbprint` });

  /** What is shown for a token; null if nobody listens. */
  async function shown(token: string): Promise<string | null> {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/.well-known/acme-challenge/${token}`, {
        headers: { connection: 'close' },
      });
      return answer.ok ? await answer.text() : String(answer.status);
    } catch {
      return null;
    }
  }

  it('listens from the first answer to the last one', async () => {
    assert.equal(await shown('one'), null);
    await solver.show(plan('one'), context);
    await solver.show(plan('two'), context);
    assert.deepEqual(
      [await shown('one'), await shown('two'), await shown('three')],
      ['one.thumbprint', 'two.thumbprint', '404'],
    );
    await solver.undo(plan('one'), context);
    assert.deepEqual([await shown('one'), await shown('two')], ['404', 'two.thumbprint']);
    await solver.undo(plan('two'), context);
    assert.equal(await shown('two'), null);
    assert.deepEqual(await readdir(folder), []);
    await solver.show(plan('three'), context);
    assert.equal(await shown('three'), 'three.thumbprint');
    await solver.undo(plan('three'), context);
  });

  it('leaves the answers to whatever has the port', async () => {
    const other = await listening(port);
    await solver.show(plan('one'), context);
    assert.equal((await readdir(folder)).length, 1);
    assert.match(said[0] ?? '', /in use/);
    await solver.undo(plan('one'), context);
    assert.deepEqual(await readdir(folder), []);
    await ended(other);
  });

  it('looks at the port before the ACME server does', async () => {
    // It listens on one address only, which may be another one than is looked at.
    await solver.settle?.([plan('one')], context);
    assert.deepEqual(said, []);
    await listeningTokens({ folder, port }).settle?.([plan('one')], context);
    assert.match(said.join(), /nobody listens there/);
  });

  it('removes what another process has shown', async () => {
    await httpTokens({ folder }).show(plan('one'), context);
    await solver.undo(plan('one'), context);
    assert.deepEqual(await readdir(folder), []);
  });
});
