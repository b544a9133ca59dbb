import assert from 'node:assert/strict';
import { HELLO_LIMITS } from '#lib/formats/client-hello/hello-reader.js';
import { HelloIntake } from '#lib/tls/socket/hello-intake.js';
import { chromiumHello, inRecords } from '../../../support/hello-builder.js';

describe('tls/socket/hello-intake', () => {
  const hello = inRecords(chromiumHello('example.com'));

  it('finds the hello, and keeps all that came for the session', async () => {
    const intake = new HelloIntake();
    const behind = Buffer.from('behind');
    intake.push(hello.subarray(0, 7));
    intake.push(hello.subarray(7));
    intake.push(behind);
    const outcome = await intake.outcome;
    assert.ok(outcome.state === 'complete');
    assert.equal(outcome.hello.servername, 'example.com');
    assert.deepEqual(Buffer.from(intake.received), Buffer.concat([hello, behind]));
  });

  it("copies what comes: the memory is the transport's", () => {
    const intake = new HelloIntake();
    intake.push(hello);
    const chunk = Buffer.from('behind');
    intake.push(chunk);
    chunk.fill(0);
    assert.equal(Buffer.from(intake.received.subarray(hello.length)).toString(), 'behind');
  });

  it('listens on behind the hello, up to the limit', () => {
    const intake = new HelloIntake();
    intake.push(hello);
    assert.equal(intake.listens, true);
    intake.push(Buffer.alloc(HELLO_LIMITS.helloBytes - hello.length - 1));
    assert.equal(intake.listens, true);
    intake.push(Buffer.alloc(1));
    assert.equal(intake.listens, false);
  });

  it('tells what can be no hello', async () => {
    const intake = new HelloIntake();
    intake.push(Buffer.from('GET / HTTP/1.1\r\n'));
    const outcome = await intake.outcome;
    assert.ok(outcome.state === 'faulty');
    assert.equal(outcome.fault.error.code, 'ERR_SCHANNEL_PEER_NOT_TLS');
  });
});
