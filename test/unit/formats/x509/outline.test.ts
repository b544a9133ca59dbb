import assert from 'node:assert/strict';
import { momentOf } from '#lib/formats/x509/outline.js';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

const read = (tag: number, text: string): Date => {
  const content = Buffer.from(text);
  return momentOf({ tag, content, raw: content });
};

describe('formats/x509/outline', () => {
  for (const [tag, text, moment] of [
    [UTC_TIME, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [UTC_TIME, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [UTC_TIME, '0001010000Z', '2000-01-01T00:00:00.000Z'],
    [UTC_TIME, '250101003000+0130', '2024-12-31T23:00:00.000Z'],
    [GENERALIZED_TIME, '20240229120000.5Z', '2024-02-29T12:00:00.000Z'],
    [GENERALIZED_TIME, '00010101000000Z', '0001-01-01T00:00:00.000Z'],
    [GENERALIZED_TIME, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(read(tag, text).toISOString(), moment));
  }

  for (const [tag, text] of [
    [UTC_TIME, '130564612158Z'],
    [UTC_TIME, '230229000000Z'],
    [UTC_TIME, '230431000000Z'],
    [UTC_TIME, '230001000000Z'],
    [UTC_TIME, '231301000000Z'],
    [UTC_TIME, '230100000000Z'],
    [UTC_TIME, '230101240000Z'],
    [UTC_TIME, '230101006000Z'],
    [UTC_TIME, '230101000060Z'],
    [UTC_TIME, '230101000000+0060'],
    [UTC_TIME, '230101000000+2400'],
    [GENERALIZED_TIME, '19000229000000Z'],
    [GENERALIZED_TIME, '230101000000Z'],
    [UTC_TIME, 'yesterday'],
  ] as const) {
    it(`knows no moment ${text}`, () => assert.ok(Number.isNaN(read(tag, text).getTime())));
  }
});
