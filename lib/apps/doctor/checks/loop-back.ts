import { releaseUnusedResources } from '../../../tls/credential/resources.js';
import { attempt, type Attempt } from '../attempt.js';
import { makeIdentity } from '../certificates.js';
import { type Check, type CheckContext, found, type Json, works } from '../check.js';
import { failureOf } from '../failure.js';
import { IDENTITY_KINDS, type IdentityKind, makeClientIdentity } from '../identities.js';
import { nodePeer, type Version } from '../node-peer.js';
import { RSA_AES_CSP, SOFTWARE_KSP } from '../providers.js';
import { schannelPeer, serverIdentity, type ServerIdentity } from '../schannel-peer.js';

export const VERSIONS: readonly Version[] = ['TLSv1.2', 'TLSv1.3'];

/** The result for both versions: every supported Windows must work with TLS 1.2. */
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
    for (const version of VERSIONS) {
      attempts[version] = await attempt(context, await nodePeer(context, server, version), version, null);
    }
    const { good, data } = summary(attempts);
    if (good.length === 0) return { verdict: 'broken', text: 'With no version.', data };
    return works(`With ${good.join(', ')}.`, data);
  },
};

/** Schannel as the server; null if it accepts no key of this machine. */
const ownServer = (context: CheckContext): Promise<ServerIdentity | null> =>
  serverIdentity(context, { ...SOFTWARE_KSP, algorithm: 'ec' })
    .catch(() => serverIdentity(context, { ...RSA_AES_CSP, algorithm: 'rsa' }))
    .catch(() => null);

const withIdentity = (kind: IdentityKind): Check => ({
  id: `loop-back.${kind}`,
  title: `Does a client show its certificate to node:tls and to Schannel: ${kind}?`,
  writes: true,
  vital: false,
  async run(context) {
    const root = makeIdentity('rsa', { isAuthority: true });
    const server = makeIdentity('rsa');
    const identity = await makeClientIdentity(kind, context, root);
    // The credential keeps the key open, and is normally cached: release it before the key.
    context.cleanup.add('a credential', () => releaseUnusedResources());
    const attempts: Record<string, Attempt> = {};
    for (const version of VERSIONS) {
      attempts[version] = await attempt(context, await nodePeer(context, server, version), version, identity);
    }
    const schannel = await ownServer(context);
    if (schannel !== null) {
      for (const version of VERSIONS) {
        const peer = await schannelPeer(context, schannel);
        attempts[`${version} to Schannel`] = await attempt(context, peer, version, identity);
      }
    }
    const { good, data } = summary(attempts);
    const [failed] = Object.values(attempts).filter(({ error }) => error !== null);
    if (good.length === 0 && failed !== undefined) return { ...failureOf(failed.error, false), data };
    if (good.length === 0) return found('With no version.', data);
    return good.length === Object.keys(attempts).length
      ? works(`With ${good.join(', ')}.`, data)
      : found(`Only with ${good.join(', ')}.`, data);
  },
});

/** The library's client within this process, with each kind of identity. */
export const LOOP_BACK_CHECKS: readonly Check[] = [anonymous, ...IDENTITY_KINDS.map(withIdentity)];
