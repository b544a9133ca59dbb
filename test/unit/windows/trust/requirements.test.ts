import assert from 'node:assert/strict';
import type * as x509 from '@peculiar/x509';
import { checkRequirements, parseRequirements } from '#lib/windows/trust/requirements.js';
import {
  certificatePolicies as policies,
  craft,
  purposes,
  rawExtension,
} from '../../../support/crafted-certificate.js';

const MINE = '1.3.6.1.4.1.99999.1';
const OTHER = '1.3.6.1.4.1.99999.2';
const ANY_POLICY = '2.5.29.32.0';
const ANY_USAGE = '2.5.29.37.0';
const SMARTCARD = '1.3.6.1.4.1.311.20.2.2';
const SERVER = '1.3.6.1.5.5.7.3.1';

const inhibitsAny = rawExtension('2.5.29.54', '020100');
const damaged = (oid: string): x509.Extension => rawExtension(oid, '30ff');

/** The code of what is missing in a chain of certificates with these extensions, leaf first, below a bare root. */
async function missing(
  required: { usages?: unknown; policies?: unknown },
  ...chain: readonly (readonly x509.Extension[])[]
): Promise<string | null> {
  const certificates = await Promise.all([...chain, []].map((extensions) => craft({ extensions })));
  const requirements = parseRequirements(required.usages, required.policies);
  return checkRequirements(requirements, certificates)?.code ?? null;
}

describe('windows/trust/requirements', () => {
  const USAGE = 'INVALID_PURPOSE';
  const POLICY = 'ERR_SCHANNEL_PEER_CERTIFICATE_POLICY';

  it('are none by default', async () => {
    assert.equal(await missing({}, []), null);
    assert.equal(await missing({ usages: null, policies: undefined }, [damaged('2.5.29.32')]), null);
  });

  it('are usages that the certificate names, every one of them', async () => {
    const usages = ['smartcardLogon', SERVER];
    assert.equal(await missing({ usages }, [purposes(SERVER, SMARTCARD)]), null);
    assert.equal(await missing({ usages: SMARTCARD }, [purposes(SMARTCARD)]), null);
    assert.equal(await missing({ usages }, [purposes(SERVER)]), USAGE);
    assert.equal(await missing({ usages }, []), USAGE, 'no usages allow everything, and name nothing');
    assert.equal(await missing({ usages }, [purposes(ANY_USAGE)]), USAGE);
    assert.equal(await missing({ usages }, [damaged('2.5.29.37')]), USAGE);
  });

  it('are usages that no authority below the anchor excludes', async () => {
    const usages = SMARTCARD;
    const leaf = [purposes(SMARTCARD)];
    for (const issuer of [[], [purposes(SMARTCARD, SERVER)], [purposes(ANY_USAGE)]])
      assert.equal(await missing({ usages }, leaf, issuer), null);
    for (const issuer of [[purposes(SERVER)], [damaged('2.5.29.37')]])
      assert.equal(await missing({ usages }, leaf, issuer), USAGE);
  });

  it('are policies, one of which the certificate names and every authority below the anchor, or any', async () => {
    assert.equal(await missing({ policies: MINE }, [policies(MINE, OTHER)]), null);
    assert.equal(await missing({ policies: [OTHER, MINE] }, [policies(MINE)]), null);
    assert.equal(
      await missing({ policies: MINE }, [policies(MINE)], [policies(ANY_POLICY)], [policies(MINE)]),
      null,
    );
    assert.equal(await missing({ policies: MINE }, [policies(OTHER)]), POLICY);
    assert.equal(await missing({ policies: MINE }, []), POLICY);
    assert.equal(await missing({ policies: MINE }, [policies(ANY_POLICY)]), POLICY);
    assert.equal(await missing({ policies: MINE }, [policies(MINE)], []), POLICY);
    assert.equal(await missing({ policies: MINE }, [policies(MINE)], [policies(OTHER)]), POLICY);
    assert.equal(await missing({ policies: MINE }, [damaged('2.5.29.32')]), POLICY);
    // Not one policy here, and another there.
    const both = { policies: [MINE, OTHER] };
    assert.equal(await missing(both, [policies(MINE)], [policies(OTHER)]), POLICY);
  });

  it('take any policy of an authority for none where another restricts that', async () => {
    const chain = [[policies(MINE)], [policies(ANY_POLICY)]] as const;
    assert.equal(await missing({ policies: MINE }, ...chain), null);
    assert.equal(await missing({ policies: MINE }, ...chain, [policies(MINE), inhibitsAny]), POLICY);
  });

  it('are not met by nothing', () => {
    for (const chain of [[], [Buffer.from('text')]]) {
      assert.equal(checkRequirements(parseRequirements(SERVER, null), chain)?.code, USAGE);
      assert.equal(checkRequirements(parseRequirements(null, MINE), chain)?.code, POLICY);
    }
  });

  it('are refused if they are empty, malformed, or stand for everything', () => {
    for (const wrong of [[], '', 'nonsense', '1', '1.', '.1', '1..2', ' 1.2', '1.2 ', ['1.2', '']]) {
      const refusal = { code: 'ERR_INVALID_ARG_VALUE' };
      assert.throws(() => parseRequirements(wrong, null), refusal, JSON.stringify(wrong));
      assert.throws(() => parseRequirements(null, wrong), refusal, JSON.stringify(wrong));
    }
    assert.throws(() => parseRequirements(ANY_USAGE, null), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => parseRequirements('anyExtendedKeyUsage', null), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => parseRequirements(null, ANY_POLICY), { code: 'ERR_INVALID_ARG_VALUE' });
    for (const wrong of [0, {}, true, [1], [null]]) {
      assert.throws(() => parseRequirements(wrong, null), { code: 'ERR_INVALID_ARG_TYPE' });
      assert.throws(() => parseRequirements(null, wrong), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });
});
