import assert from 'node:assert/strict';
import { findReason, reasonOfNumber } from '#lib/formats/revocation/reasons.js';

describe('formats/revocation/reasons', () => {
  it('finds a reason by its name in any case, and by its number', () => {
    assert.equal(findReason('CACompromise'), 'cACompromise');
    assert.equal(reasonOfNumber(9), 'privilegeWithdrawn');
  });

  it('knows neither the number that is not used nor the one of delta lists', () => {
    assert.equal(reasonOfNumber(7), null);
    assert.equal(reasonOfNumber(8), null);
    assert.equal(findReason('removeFromCRL'), null);
  });
});
