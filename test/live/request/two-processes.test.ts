import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { completeRequest } from 'schannel/pki';
import { deferred } from '#lib/base/async/deferred.js';
import { native } from '#lib/native/load.js';
import { fixture, runFixture } from '../../support/child.js';
import { isInStore, signedRequests } from '../../support/signed-requests.js';

describe('a request that two processes complete', () => {
  const requests = signedRequests();

  it('is pending if Windows cannot judge the chain, and can be completed again', async () => {
    const { file } = await requests.next();
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
    assert.equal(await isInStore('MY', result.certificate.thumbprint), true);
    assert.equal(result.placements[0]?.action, 'added');
  });

  it('keeps its certificate if the other one fails and undoes what it did', async () => {
    const { file } = await requests.next();
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
      assert.equal(await isInStore('MY', result.certificate.thumbprint), true);
      assert.equal((await result.certificate.inspectKey())?.usable, true);
    } finally {
      binding.acquireLock = acquireLock;
    }
  });

  it('is completed by both, or not found by the later one', async () => {
    const { file } = await requests.next();
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
