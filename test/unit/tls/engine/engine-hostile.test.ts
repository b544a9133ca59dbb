import assert from 'node:assert/strict';
import type { Role } from '#lib/native/binding.js';
import { Encounter, HOSTILE_PEERS } from '../../../support/engine-encounter.js';
import { numbersFrom } from '../../../support/mutations.js';
import { RandomSession } from '../../../support/random-session.js';

const ROLES: readonly Role[] = ['client', 'server'];
const SEEDS = 10;
const CONNECTIONS = 30;

describe('tls/engine/engine: hostile peers', () => {
  for (const [name, peerOf] of Object.entries(HOSTILE_PEERS)) {
    for (const role of ROLES) {
      it(`${name}: a ${role} meets each with an error that has a code, or none`, () => {
        let beyondHandshake = 0;
        for (let seed = 1; seed <= SEEDS; seed += 1) {
          const below = numbersFrom(seed);
          for (let number = 1; number <= CONNECTIONS; number += 1) {
            const where = `seed ${String(seed)}, connection ${String(number)}`;
            const { bytes, session } = peerOf(role, below);
            const encounter = new Encounter(session, role, below);
            try {
              encounter.run(bytes);
            } catch (error) {
              throw new Error(where, { cause: error });
            }
            const { error, effects } = encounter.harness;
            assert.ok(error === null || 'code' in error, where);
            if (effects.some((effect) => effect.startsWith('plaintext '))) beyondHandshake += 1;
            if (!(session instanceof RandomSession)) continue;
            // Each step has more of the peer to go on than the one before, or something of the owner's.
            assert.ok(session.steps <= bytes.length + encounter.acts + 2, where);
          }
        }
        assert.ok(beyondHandshake > SEEDS, `${String(beyondHandshake)} connections had data`);
      });
    }
  }
});
