import assert from 'node:assert/strict';
import type { EnrolAnswer } from '#lib/apps/enrol/exchange.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import { submitRequest, type SubmitOptions } from '#lib/apps/enrol/submit-request.js';
import { signRequest } from '#lib/formats/request/request-writer.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { memorySigner } from '../../../support/memory-signer.js';
import { submitSystem } from '../../../support/submit-system.js';

describe('apps/enrol/submit-request', () => {
  let request: Buffer;

  before(async () => {
    const { subject } = wishesOf({ dns: ['www.example'] });
    request = await signRequest({ subject, extensions: [] }, memorySigner('P-256'));
  });

  const est = { url: 'https://ca.example' };

  /** An authority of EST that is asked again and again, with this in Retry-After. */
  async function waiting(
    retryAfter: readonly string[],
    options: Omit<SubmitOptions, 'est'>,
  ): Promise<{ answer: Enrolment; pauses: readonly number[]; asked: number }> {
    let asked = 0;
    const system = submitSystem({
      exchange: () => {
        const headers = { 'retry-after': retryAfter[asked] ?? '5' };
        asked += 1;
        return Promise.resolve({ status: 202, headers, body: Buffer.alloc(0) });
      },
    });
    const answer = await submitRequest(request, { est, ...options }, system);
    return { answer, pauses: system.pauses, asked };
  }

  it('asks once unless it is told to wait', async () => {
    const { answer, pauses, asked } = await waiting(['5'], {});
    assert.deepEqual([answer.state, pauses, asked], ['pending', [], 1]);
  });

  it('asks again as often as the authority wishes, within limits', async () => {
    const { answer, pauses } = await waiting(['0', '7', '86400', 'soon'], { wait: '12m' });
    assert.equal(answer.state, 'pending');
    // The last pause ends with the time.
    assert.deepEqual(pauses.slice(0, 4), [1000, 7000, 600_000, 30_000]);
    assert.equal(
      pauses.reduce((sum, pause) => sum + pause, 0),
      720_000,
    );
  });

  it('asks AD CS for the number that it was given', async () => {
    const runs: string[] = [];
    const system = submitSystem({
      runCertreq: (args) => {
        runs.push(String(args[0]));
        return Promise.resolve({ code: 0, output: 'RequestId: 7' });
      },
    });
    const certreq = { config: 'ca\\CA' };
    const { id } = await submitRequest(request, { certreq, wait: 60_000 }, system);
    assert.equal(id, '7');
    assert.deepEqual(runs, ['-submit', '-retrieve', '-retrieve']);
  });

  it('tells the number before it waits', async () => {
    const system = submitSystem({
      runCertreq: () => Promise.resolve({ code: 0, output: 'RequestId: 7' }),
    });
    const told: unknown[] = [];
    const onPending = ({ id }: Enrolment): void => void told.push([id, ...system.pauses]);
    await submitRequest(request, { certreq: { config: 'ca\\CA' }, wait: 40_000, onPending }, system);
    assert.deepEqual(told, [['7'], ['7', 30_000], ['7', 30_000, 10_000]]);
    await assert.rejects(
      submitRequest(request, { certreq: { config: 'ca\\CA' }, wait: 1000, onPending: 5 as never }, system),
      { code: 'ERR_INVALID_ARG_TYPE' },
    );
  });

  it('does not send a request without a number twice', async () => {
    let asked = 0;
    const body = Buffer.from('Certificate Pending');
    const answer: EnrolAnswer = { status: 200, headers: { 'content-type': 'text/html' }, body };
    const system = submitSystem({
      exchange: () => {
        asked += 1;
        return Promise.resolve(answer);
      },
    });
    const { state } = await submitRequest(request, { certsrv: est, wait: '5m' }, system);
    assert.deepEqual([state, asked], ['pending', 1]);
  });

  it('refuses a time that is none, and two authorities', async () => {
    await assert.rejects(submitRequest(request, { est, wait: 'long' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(submitRequest(request, { est, certsrv: est }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(submitRequest(request, {}), { code: 'ERR_INVALID_ARG_VALUE' });
  });
});
