import { type Check, type Json, found, works } from '../check.js';
import { errorData } from '../failure.js';
import { RSA_AES_CSP, SOFTWARE_KSP } from '../providers.js';
import { type KeySpec, ephemeralTestKey } from '../ephemeral-test-key.js';

const QUESTIONS: readonly { readonly id: string; readonly spec: KeySpec }[] = [
  { id: 'cng', spec: { ...SOFTWARE_KSP, algorithm: 'rsa', machine: true } },
  { id: 'csp', spec: { ...RSA_AES_CSP, algorithm: 'rsa', machine: true } },
];

/** An account that every Windows has, and that services use. */
const ACCOUNT = 'NETWORK SERVICE';

const check = ({ id, spec }: (typeof QUESTIONS)[number]): Check => ({
  id: `machine-keys.${id}`,
  title: `Does ${spec.provider} make keys of the machine, and let other accounts use them?`,
  writes: true,
  vital: false,
  async run(context) {
    const { key, undo } = await ephemeralTestKey(context, spec);
    const rights = await rightsOf(() => key.rights());
    const granted = await changeOf(() => key.grant(ACCOUNT));
    const revoked = await changeOf(() => key.revokeGrant(ACCOUNT));
    await undo.now();
    const data = { rights, granted, revoked };
    return granted === 'granted' && revoked === 'revoked'
      ? works('Yes.', data)
      : found('It makes them, but their rights could not be changed and changed back.', data);
  },
});

type Key = Awaited<ReturnType<typeof ephemeralTestKey>>['key'];

/** Only identifiers that are the same on each machine. */
const PUBLIC = /^S-1-(?:1-0|3-\d+|5-\d{1,2}|5-32-\d+)$/;

async function rightsOf(read: () => ReturnType<Key['rights']>): Promise<Json> {
  try {
    const { everyone, entries } = await read();
    return {
      everyone,
      entries: entries.map(({ account, kind, access, inherited, mask }) => ({
        account: PUBLIC.test(account.sid) ? account.sid : 'another',
        kind,
        access,
        inherited,
        mask,
      })),
    };
  } catch (error) {
    return errorData(error);
  }
}

async function changeOf(change: () => ReturnType<Key['grant']>): Promise<Json> {
  return change().then(({ action }) => action, errorData);
}

/** Keys of the machine, which services use, and who may use them. Most accounts may not make such keys. */
export const MACHINE_KEY_CHECKS: readonly Check[] = QUESTIONS.map(check);
