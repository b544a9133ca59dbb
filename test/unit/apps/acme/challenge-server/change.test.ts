import assert from 'node:assert/strict';
import { type Change, changeOf, isChangePath } from '#lib/apps/acme/challenge-server/change.js';
import { checkedClient } from '#lib/apps/acme/challenge-server/client.js';
import { Refusal } from '#lib/apps/acme/challenge-server/refusal.js';
import { mutated, numbersFrom } from '../../../../support/mutations.js';

const VALUE = 'v'.repeat(43);
const CLIENT = checkedClient({
  name: 'hulk',
  secret: `scrypt1:${'A'.repeat(22)}:${'B'.repeat(43)}`,
  names: ['www.bar.example', '.lan.bar.example'],
  hosts: ['*.lan.bar.example'],
  subdomain: 'own',
});

/** Null if it was refused. @throws any other error */
function asked(path: string, body: object): Change | null {
  assert.ok(isChangePath(path));
  try {
    return changeOf(path, body as Readonly<Record<string, unknown>>, CLIENT, 'auth.example');
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** All that this client may change, whatever it asks for. */
const PERMITTED = {
  txt: /^(?:_acme-challenge\.(?:www\.bar\.example|(?:[a-z0-9][a-z0-9-]*\.)+lan\.bar\.example)|own\.auth\.example)$/,
  address: /^[a-z0-9][a-z0-9-]*\.lan\.bar\.example$/,
};

describe('apps/acme/challenge-server/change', () => {
  it('takes no character for another, out of all of the first plane', () => {
    const accepted: string[] = [];
    for (let code = 0; code <= 0xffff; code += 1) {
      const character = String.fromCharCode(code);
      const host = `a${character}a.lan.bar.example`;
      const change = asked('/present', { fqdn: `_acme-challenge.${host}`, value: VALUE });
      if (change === null) continue;
      accepted.push(character);
      assert.equal(change.name, `_acme-challenge.a${character.toLowerCase()}a.lan.bar.example`);
    }
    assert.equal(accepted.join(''), '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
  });

  it('changes nothing else, however a request was damaged on its way', () => {
    const below = numbersFrom(7);
    const counts = { accepted: 0, refused: 0 };
    const requests = [
      ['/present', { fqdn: '_acme-challenge.www.bar.example.', value: VALUE }],
      ['/present', { fqdn: '_acme-challenge.a.lan.bar.example.', value: VALUE }],
      ['/cleanup', { fqdn: 'own.auth.example.', value: VALUE }],
      ['/present', { domain: 'www.bar.example', token: 'token', keyAuth: `token.${VALUE}` }],
      ['/update', { subdomain: 'own', txt: VALUE }],
      ['/update', { subdomain: 'www.bar.example', txt: VALUE }],
      ['/address', { fqdn: 'pc.lan.bar.example', address: '10.0.0.1' }],
      ['/address', { fqdn: 'pc.lan.bar.example', address: 'fd00::1' }],
    ] as const;
    for (let round = 0; round < 20_000; round += 1) {
      const [path, body] = requests[round % requests.length] ?? assert.fail();
      const text = mutated(Buffer.from(JSON.stringify(body)), below).toString();
      let document: unknown;
      try {
        document = JSON.parse(text);
      } catch {
        continue;
      }
      if (typeof document !== 'object' || document === null) continue;
      const change = asked(path, document);
      counts[change === null ? 'refused' : 'accepted'] += 1;
      if (change === null) continue;
      assert.match(change.name, change.action === 'address' ? PERMITTED.address : PERMITTED.txt, text);
      if (change.action === 'address') assert.match(change.address ?? '10.', /^(10|fd[0-9a-f]{2}:)/, text);
      else assert.match(change.value, /^[\w-]{43}$/, text);
    }
    // Otherwise it would have shown nothing.
    assert.ok(counts.accepted > 300 && counts.refused > 3000, JSON.stringify(counts));
  });
});
