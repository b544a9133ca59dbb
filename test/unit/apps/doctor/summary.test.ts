import assert from 'node:assert/strict';
import type { CheckReport, Json, Verdict } from '#lib/apps/doctor/check.js';
import { type Statement, summaryOf } from '#lib/apps/doctor/summary.js';

const result = (id: string, verdict: Verdict, data?: Json): CheckReport => ({
  id,
  title: `${id}?`,
  verdict,
  text: '',
  milliseconds: 1,
  ...(data === undefined ? {} : { data }),
});
const only = (...checks: readonly CheckReport[]): Statement => {
  const [statement, ...others] = summaryOf(checks);
  assert.ok(statement);
  assert.deepEqual(others, []);
  return statement;
};

describe('apps/doctor/summary', () => {
  it('is about what the checks were about', () => {
    assert.deepEqual(only(result('loop-back.anonymous', 'works')), {
      verdict: 'works',
      subject: 'A client of TLS',
      meaning: null,
      checks: ['loop-back.anonymous'],
    });
    assert.deepEqual(summaryOf([result('system', 'works'), result('policy.fips', 'absent')]), []);
  });

  for (const [verdicts, verdict, meaning] of [
    [['works', 'works'], 'works', null],
    [['works', 'absent'], 'partly', 'Not as expected: keys.tpm-1.'],
    [['found', 'absent'], 'partly', 'Not as expected: keys.tpm-0, keys.tpm-1.'],
    [['works', 'broken'], 'fails', /^There is no TPM/],
    [['absent', 'absent'], 'absent', /^There is no TPM/],
    [['absent', 'not tried'], 'absent', /^There is no TPM/],
    [['not tried', 'not tried'], 'unknown', 'It was not tried: use --write.'],
  ] as const) {
    it(`${verdict} with ${verdicts.join(' and ')}`, () => {
      const statement = only(...verdicts.map((each, at) => result(`keys.tpm-${at}`, each)));
      assert.equal(statement.verdict, verdict);
      if (meaning instanceof RegExp) assert.match(statement.meaning ?? '', meaning);
      else assert.equal(statement.meaning, meaning);
    });
  }

  it('says whether TLS 1.3 is on without being asked for', () => {
    const versions = (...names: readonly string[]): Statement =>
      only(result('protocols.client', 'works', { versions: names }));
    assert.equal(versions('TLSv1.2', 'TLSv1.3').verdict, 'works');
    assert.equal(versions('TLSv1.2').verdict, 'absent');
    assert.deepEqual(summaryOf([result('protocols.client', 'found', { bits: 0 })]), []);
  });
});
