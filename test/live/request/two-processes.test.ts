import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { completeRequest } from 'schannel/pki';
import { openStore } from 'schannel/store';
import { deferred } from '#lib/base/async/deferred.js';
import { native } from '#lib/native/load.js';
import { fixture, runFixture } from '../../support/child.js';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { OwnRequests } from '../../support/own-requests.js';
import { needsPeer } from '../../support/peers.js';

describe('a request that two processes complete', () => {
  const id = randomUUID();
  const own = new OwnRequests(id);
  let authority: OpensslAuthority;
  let folder: string;
  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-two-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(() => own.remove());

  /** A new request's certificate, in a file. */
  async function issued(name: string): Promise<string> {
    const created = await own.create({ dns: [`${id}.example`] });
    const file = path.join(folder, name);
    writeFileSync(file, await authority.sign(created.request.pem));
    return file;
  }

  const isThere = async (name: string, thumbprint: string): Promise<boolean> => {
    using store = await openStore(name);
    return (await store.find({ thumbprint })).length > 0;
  };

  it('is pending if Windows cannot judge the chain, and can be completed again', async () => {
    const file = await issued('unjudged.pem');
    const binding = native();
    const { verifyChain } = binding;
    binding.verifyChain = () => {
      throw Object.assign(new Error('out of memory'), { code: 'ERR_OF_TEST' });
    };
    try {
      await assert.rejects(completeRequest(file), { code: 'ERR_OF_TEST' });
    } finally {
      binding.verifyChain = verifyChain;
    }
    using result = await completeRequest(file);
    assert.notEqual(result.request, null);
    assert.equal(await isThere('MY', result.certificate.thumbprint), true);
    assert.equal(result.placements[0]?.action, 'added');
  });

  it('keeps its certificate if the other one fails and undoes what it did', async () => {
    const file = await issued('fails.pem');
    const other = spawn(process.execPath, [fixture('failing-completion'), file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // The other process has added the certificate, and has not failed yet.
    await once(other.stdout, 'data');

    const binding = native();
    const { acquireLock } = binding;
    const asksForLock = deferred();
    binding.acquireLock = (...args) => {
      acquireLock.apply(binding, args);
      asksForLock.resolve();
    };
    try {
      const completion = completeRequest(file);
      await Promise.race([completion, asksForLock.promise]);
      other.stdin.end();
      const [failure] = await Promise.all([text(other.stdout), once(other, 'exit')]);
      assert.equal(failure, 'ERR_OF_TEST');
      using result = await completion;
      assert.equal(await isThere('MY', result.certificate.thumbprint), true);
      assert.equal((await result.certificate.inspectKey())?.usable, true);
    } finally {
      binding.acquireLock = acquireLock;
    }
  });

  it('is completed by both, or not found by the later one', async () => {
    const file = await issued('both.pem');
    const ends = await Promise.all([1, 2].map(() => runFixture('killed-completion', { args: [file] })));
    assert.equal(
      ends.some(({ code }) => code === 0),
      true,
    );
    for (const { code, stderr } of ends) {
      if (code !== 0) assert.match(stderr, /ERR_SCHANNEL_REQUEST_NOT_FOUND/);
    }
  });
});
