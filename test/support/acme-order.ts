import assert from 'node:assert/strict';
import https from 'node:https';
import {
  AcmeClient,
  type ChallengeContext,
  type ChallengeSolver,
  type ChallengeTask,
  httpsTransport,
  type Order,
} from 'schannel/acme';
import type { Pebble } from './pebble.js';
import { accountKey } from './scripted-acme.js';
import { HastyClock } from './scripted-clock.js';

/** An account at a pebble, with a key in memory and by Node's own TLS: for tests of what answers challenges. */
export async function pebbleAccount({ directory, ca }: Pebble): Promise<AcmeClient> {
  const transport = httpsTransport(https, new https.Agent({ ca, keepAlive: false }));
  // Pebble asks for seconds, and needs none.
  const clock = new HastyClock(Date.now());
  const client = await AcmeClient.open({ directory, transport, accountKey: accountKey(), clock });
  await client.register({ termsOfServiceAgreed: true });
  return client;
}

export interface Solved {
  readonly order: Order;
  /** What was logged. */
  readonly log: readonly string[];
}

/**
 * Orders for these names, has the solver answer every challenge, and waits until the order is ready. Plans go through
 * JSON, as they do in a journal.
 */
export async function solveOrder(
  client: AcmeClient,
  solver: ChallengeSolver,
  names: readonly string[],
  extra: Partial<ChallengeContext> = {},
): Promise<Solved> {
  const log: string[] = [];
  const context: ChallengeContext = { log: (text) => log.push(text), ...extra };
  const identifiers = names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value }) as const);
  const order = await client.newOrder({ identifiers });
  const begun = [];
  for (const url of order.authorizations) {
    const { identifier, wildcard, challenges, status } = await client.authorization(url);
    // Pebble may take over what it has confirmed before, once in a hundred times even if told never to.
    assert.equal(status, 'pending', `${identifier.value} was confirmed before: order another name`);
    const name = wildcard ? { ...identifier, value: `*.${identifier.value}` } : identifier;
    assert.equal(solver.refuses(name), null);
    const challenge = challenges.find(({ type }) => solver.types.includes(type));
    assert.ok(challenge, challenges.map(({ type }) => type).join());
    const task = { name, challenge, account: client.account, ...client.proofFor(challenge) };
    const plan = journalled(await solver.plan(task, context));
    begun.push({ url, challenge, plan: journalled(await solver.show(plan, context)) });
  }
  await solver.settle?.(
    begun.map(({ plan }) => plan),
    context,
  );
  try {
    for (const { url, challenge } of begun) {
      await client.accept(challenge);
      await client.waitForAuthorization(url);
    }
    return { order: await client.waitForOrder(order.url, 'ready'), log };
  } finally {
    for (const { plan } of begun) await solver.undo(plan, context);
  }
}

const journalled = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** A challenge that nobody but a test has. */
export const taskFor = (
  type: string,
  value: string,
  token = 'token',
  more: Partial<ChallengeTask> = {},
): ChallengeTask => ({
  name: { type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value },
  account: 'https://acme.example/account/1',
  keyAuthorization: `${token}.thumbprint`,
  txt: `value-of-${token}`,
  challenge: { type, url: '', status: 'pending', token, issuerDomainNames: [], error: null },
  ...more,
});
