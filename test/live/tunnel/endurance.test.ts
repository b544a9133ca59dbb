import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '#lib/native/load.js';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { releaseUnusedResources } from 'schannel';
import { createTunnel } from 'schannel/tunnel';
import { daysFromNow } from '../../support/certificates.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { turn, until } from '../../support/patience.js';
import { issueServer, localhostServer, serverRoot } from '../../support/schannel-server.js';
import { Course, openResources } from '../../support/tunnel-endurance.js';
import { codeOf } from '../../support/tunnel-rig.js';

/** `npm run tunnel-endurance` sets it. */
const IS_LONG = process.env['SCHANNEL_ENDURANCE'] === 'long';

const AMOUNT = IS_LONG
  ? { bytes: 100 << 20, connections: 10, aborts: 500, reloads: 20, flaps: 10, row: 100 }
  : { bytes: 4 << 20, connections: 4, aborts: 24, reloads: 4, flaps: 1, row: 0 };

/** Bytes that each connection may add, for both of its tunnels together. */
const GROWTH = { external: 2048, heapUsed: 4096 };

/** As --expose-gc, which the process was not started with. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('tunnels on Schannel at both ends', () => {
  let course: Course;
  let handles: NativeHandleCounts;
  let resources: Readonly<Record<string, number>>;

  before(async () => {
    const { cert, key } = await localhostServer();
    handles = await settledCounts();
    resources = openResources();
    const seed = Number(process.env['SCHANNEL_ENDURANCE_SEED'] ?? 1);
    const ca = (await serverRoot()).certificate.cert;
    course = new Course({ make: createTunnel, ca, identity: { cert, key }, seed });
    await course.start();
  });

  it(`carry ${AMOUNT.bytes >> 20} MiB both ways, no matter who ends first`, () =>
    course.transfer(AMOUNT.bytes, AMOUNT.connections));

  it(`stand ${AMOUNT.aborts} connections at once that are cut off in every phase`, () =>
    course.aborts(AMOUNT.aborts));

  it(`lose no connection while the certificate is replaced ${AMOUNT.reloads} times`, async () => {
    await course.reloads(AMOUNT.reloads, [await issueServer(), await localhostServer()]);
  });

  it('say that the target is gone, and reach it again', async () => {
    for (const error of await course.flap(AMOUNT.flaps)) {
      assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
      assert.match(error.message, /^No connection to 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    }
  });

  it('refuse a certificate that has expired meanwhile, and take its successor', async () => {
    const expired = await issueServer({ notBefore: daysFromNow(-30), notAfter: daysFromNow(-1) });
    const error = await course.shows(expired);
    assert.equal(codeOf(error), 'CERT_HAS_EXPIRED');
  });

  it('say that a name is not known, and that a port is taken', async () => {
    const lost = createTunnel({ mode: 'client', accept: 0, connect: 'nowhere.invalid:993' });
    await lost.listen();
    try {
      const error = await course.refusal(lost, lost.port ?? 0);
      assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
      assert.match(error.message, /^No connection to nowhere\.invalid:993: getaddrinfo /);
      const second = createTunnel({ mode: 'client', accept: lost.port ?? 0, connect: 993 });
      await assert.rejects(second.listen(), {
        code: 'ERR_SCHANNEL_TUNNEL_LISTEN',
        message: /^Can't listen on 127\.0\.0\.1:\d+: listen EADDRINUSE/,
      });
    } finally {
      await lost.close({ drain: 0 });
    }
  });

  if (IS_LONG) {
    it('keep no memory of connections that are over', async () => {
      const samples: NodeJS.MemoryUsage[] = [];
      for (let row = 0; row < 5; row += 1) {
        await course.aborts(AMOUNT.row);
        for (let pass = 0; pass < 4; pass += 1) {
          collectGarbage();
          await turn();
        }
        samples.push(process.memoryUsage());
      }
      for (const [kind, limit] of Object.entries(GROWTH)) {
        // A process grows in steps at moments that we can't choose; a leak shows in every row.
        const of = (sample: NodeJS.MemoryUsage | undefined): number =>
          sample?.[kind as keyof typeof GROWTH] ?? 0;
        const steps = samples.slice(1).map((sample, index) => of(sample) - of(samples[index]));
        const each = Math.min(...steps) / AMOUNT.row;
        assert.ok(each < limit, `${kind}: ${(each / 1024).toFixed(1)} KiB with each connection`);
      }
    });
  }

  it('leave no socket and no handle behind', async () => {
    await course.stop();
    const left = (): string[] =>
      Object.entries(openResources())
        .filter(([kind, count]) => /^(TCP|TLS|Timeout)/.test(kind) && count > (resources[kind] ?? 0))
        .map(([kind, count]) => `${count} ${kind}, before ${resources[kind] ?? 0}`);
    await until(
      () => left().length === 0,
      () => `resources are left: ${left().join(', ')}`,
    );
    await handlesBackTo(handles, releaseUnusedResources);
    assert.equal(native().handleCounts().contexts, handles.contexts);
  });
});
