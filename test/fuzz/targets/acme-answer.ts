import assert from 'node:assert/strict';
import { type AcmeResponse, checkedUrl } from '#lib/apps/acme/http/transport.js';
import { retryAfter } from '#lib/apps/acme/http/retry-after.js';
import { readChain } from '#lib/apps/acme/protocol/chain.js';
import { isProblem, problemError, problemInside } from '#lib/apps/acme/protocol/problem.js';
import { readRenewalInfo } from '#lib/apps/acme/protocol/renewal-info.js';
import { readAuthorization, readDirectory, readOrder } from '#lib/apps/acme/protocol/resources.js';
import { withJson } from '#lib/apps/acme/protocol/session.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { sharedRoot } from '../../support/certificates.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'what an ACME server answers: documents, problems, a time to wait, and a chain';
export const longest = 4096;

const URLS = 'https://acme.example/';

/** The first byte chooses the status; a header, then the body behind an empty line. */
export async function seeds(): Promise<readonly Uint8Array[]> {
  const root = await sharedRoot();
  const leaf = await root.issue({ altNames: ['DNS:a.example'] });
  const identifier = { type: 'dns', value: 'a.example' };
  const problem = { type: 'urn:ietf:params:acme:error:caa', detail: 'no', subproblems: [{ identifier }] };
  const challenge = { type: 'http-01', url: `${URLS}c`, status: 'pending', token: 'abc', error: problem };
  const documents = [
    {
      ...{ newNonce: `${URLS}n`, newAccount: `${URLS}a`, newOrder: `${URLS}o`, revokeCert: `${URLS}r` },
      ...{ keyChange: `${URLS}k`, renewalInfo: `${URLS}i` },
      meta: {
        profiles: { classic: 'usual' },
        caaIdentities: ['acme.example'],
        externalAccountRequired: true,
      },
    },
    {
      ...{ status: 'valid', identifiers: [identifier], authorizations: [`${URLS}z`], finalize: `${URLS}f` },
      ...{ certificate: `${URLS}c`, expires: '2030-01-01T00:00:00Z', error: problem },
    },
    { status: 'pending', identifier, wildcard: true, challenges: [challenge] },
    { suggestedWindow: { start: '2030-01-01T00:00:00Z', end: '2030-01-02T00:00:00Z' }, explanationURL: URLS },
    problem,
  ];
  return [
    ...documents.map((document) => Buffer.from(`\x01120\n${JSON.stringify(document)}`)),
    Buffer.from(`\x03Wed, 21 Oct 2026 07:28:00 GMT\n${JSON.stringify(problem)}`),
    Buffer.from(`\0\n${leaf.cert}${root.certificate.cert}`),
  ];
}

const REFUSED = codes('ERR_SCHANNEL_ACME_');
const STATUSES = [200, 400, 404, 429, 500];

/** Every answer is read or refused with a code, and every time in it is one. */
export function fuzz(data: Buffer): void {
  const end = data.indexOf('\n', 1);
  const wait = data.toString('latin1', 1, end < 0 ? 1 : end);
  const body = data.subarray(end < 0 ? 1 : end + 1);
  const now = new Date(1_800_000_000_000);
  const response: AcmeResponse = {
    status: STATUSES[(data[0] ?? 0) % STATUSES.length] ?? 200,
    headers: { 'content-type': 'application/json', 'retry-after': wait },
    body,
  };
  const after = retryAfter(wait, now);
  if (after !== null) isTime(after);
  const refusal = problemError(response, 'It was refused', now);
  assert.ok(refusal.message.length < 8192);
  assert.ok(!/[\p{Cc}\u2028\u2029]/u.test(refusal.message), 'a message with control characters');
  isProblem(refusal, 'badNonce');
  outcomeOf(() => readChain(body), REFUSED);
  const json = valueOf(outcomeOf(() => withJson(response, { now: () => now.getTime() }).document, REFUSED));
  if (json === null) return;
  assert.ok(problemInside(json, 'It failed') instanceof SchannelError);
  outcomeOf(() => readDirectory(json), REFUSED);
  const order = valueOf(outcomeOf(() => readOrder(URLS, json, after), REFUSED));
  if (order?.expires) isTime(order.expires);
  const authorization = valueOf(outcomeOf(() => readAuthorization(URLS, json, after), REFUSED));
  for (const { token, url } of authorization?.challenges ?? []) {
    assert.match(token, /^[\w-]*$/);
    assert.equal(checkedUrl(url).href, url);
  }
  const renewal = readRenewalInfo(json, after, now);
  if (renewal !== null) for (const time of [renewal.start, renewal.end, renewal.retryAfter]) isTime(time);
}

const isTime = (date: Date): void => assert.ok(!Number.isNaN(date.getTime()), 'no time');
