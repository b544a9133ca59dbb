import { releaseUnusedResources } from '../../secure-context/resources.js';
import { attempt, type Attempt } from '../attempt.js';
import { makeIdentity } from '../certificates.js';
import { type Check, found, type Json, works } from '../check.js';
import { failureOf } from '../failure.js';
import { IDENTITY_KINDS, type IdentityKind, makeClientIdentity } from '../identities.js';
import type { Version } from '../node-peer.js';

export const VERSIONS: readonly Version[] = ['TLSv1.2', 'TLSv1.3'];

/** What came of both versions: good with TLS 1.2 is what any supported Windows has. */
function summary(attempts: Readonly<Record<string, Attempt>>): {
  readonly good: readonly string[];
  readonly data: Json;
} {
  const entries = Object.entries(attempts);
  return {
    good: entries.filter(([, { good }]) => good).map(([version]) => version),
    data: Object.fromEntries(entries.map(([version, { data }]) => [version, data])),
  };
}

const anonymous: Check = {
  id: 'loop-back.anonymous',
  title: 'Does a client without a certificate reach node:tls in this process?',
  writes: false,
  vital: true,
  async run(context) {
    const server = makeIdentity('rsa');
    const attempts: Record<string, Attempt> = {};
    for (const version of VERSIONS) attempts[version] = await attempt(context, server, version, null);
    const { good, data } = summary(attempts);
    if (good.length === 0) return { verdict: 'broken', text: 'With no version.', data };
    return works(`With ${good.join(' and ')}.`, data);
  },
};

const withIdentity = (kind: IdentityKind): Check => ({
  id: `loop-back.${kind}`,
  title: `Does a client show node:tls its certificate: ${kind}?`,
  writes: true,
  vital: false,
  async run(context) {
    const root = makeIdentity('rsa', { isAuthority: true });
    const server = makeIdentity('rsa');
    const identity = await makeClientIdentity(kind, context, root);
    // The credential has the key open, and is kept for a while otherwise: it goes before the key.
    context.cleanup.add('a credential', () => releaseUnusedResources());
    const attempts: Record<string, Attempt> = {};
    for (const version of VERSIONS) attempts[version] = await attempt(context, server, version, identity);
    const { good, data } = summary(attempts);
    const [failed] = Object.values(attempts).filter(({ error }) => error !== null);
    if (good.length === 0 && failed !== undefined) return { ...failureOf(failed.error, false), data };
    return good.length === 0
      ? found('With no version.', data)
      : works(`With ${good.join(' and ')}${good.length === 1 ? ' alone' : ''}.`, data);
  },
});

/** TLS between the library and node:tls in this process, with each kind of identity. */
export const LOOP_BACK_CHECKS: readonly Check[] = [anonymous, ...IDENTITY_KINDS.map(withIdentity)];
