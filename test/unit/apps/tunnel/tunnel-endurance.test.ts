import assert from 'node:assert/strict';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { TestAuthority } from '../../../support/certificates.js';
import { Course } from '../../../support/tunnel-endurance.js';
import { codeOf, ofNode } from '../../../support/tunnel-rig.js';

describe('apps/tunnel/tunnel: what it stands', () => {
  let authority: TestAuthority;
  let course: Course;

  before(async () => {
    authority = await TestAuthority.create('CN=tunnel endurance authority');
  });

  beforeEach(async () => {
    course = new Course({
      make: (options) => new Tunnel(options, ofNode(SYSTEM_CLOCK)),
      ca: authority.certificate.cert,
      identity: await authority.issue(),
      seed: 7,
    });
    await course.start();
  });

  afterEach(() => course.stop());

  it('carries 20 MiB both ways over ten connections, no matter who ends first', () =>
    course.transfer(20 << 20, 10));

  it('is as before after 100 connections that were cut off in every phase', () => course.aborts(100));

  it('loses no connection while its options are replaced twenty times', async () => {
    await course.reloads(20, [await authority.issue(), await authority.issue({ key: 'rsa' })]);
  });

  it('says that a target is gone, and reaches it again', async () => {
    for (const error of await course.flap(5)) {
      assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
      assert.match(error.message, /^No connection to 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    }
  });
});
