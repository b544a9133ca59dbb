import * as grpc from '@grpc/grpc-js';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { schannelGrpc } from 'schannel/grpc';
import { nodeConnect } from '../../../support/node-connect.js';
import { localhostIdentity } from '../../../support/tls-server.js';

const same = (bytes: Buffer): Buffer => bytes;
const method = (path: string, responseStream: boolean) => ({
  path,
  requestStream: false,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
const service = { one: method('/test/one', false), many: method('/test/many', true) };
const Client = grpc.makeGenericClientConstructor(service, 'test');

describe('adapters/libraries/grpc', () => {
  const host = new grpc.Server();
  const tokens: unknown[] = [];
  let ca: string;
  let port: number;
  before(async () => {
    const identity = await localhostIdentity();
    ca = identity.ca;
    const { cert, key } = identity.certificate;
    host.addService(service, {
      one: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        tokens.push(...call.metadata.get('token'));
        done(null, call.request);
      },
      many: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        for (let count = 0; count < 100; count += 1) call.write(call.request);
        call.end();
      },
    });
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
    port = await new Promise((resolve, reject) => {
      host.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  });
  after(() => host.forceShutdown());

  const one = (client: grpc.Client, body: Buffer): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest('/test/one', same, same, body, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });

  it('secures the connections of grpc-js, with credentials of calls as well', async () => {
    const { connect, calls } = nodeConnect(ca);
    const ofCalls = grpc.credentials.createFromMetadataGenerator((_, done) => {
      const metadata = new grpc.Metadata();
      metadata.set('token', 'x');
      done(null, metadata);
    });
    const credentials = schannelGrpc({ certificate: { subject: 'anna' } }, connect);
    const client = new Client(`localhost:${port}`, credentials.compose(ofCalls));
    const body = Buffer.alloc(1_000_000, 'x');
    assert.deepEqual(await one(client, body), body);
    assert.deepEqual(tokens, ['x']);
    const stream = client.makeServerStreamRequest('/test/many', same, same, Buffer.from('x'));
    let count = 0;
    for await (const _message of stream) count += 1;
    assert.equal(count, 100);
    const [{ host: name, certificate, ALPNProtocols } = {}, ...others] = calls;
    assert.deepEqual([name, certificate, ALPNProtocols], ['localhost', { subject: 'anna' }, ['h2']]);
    assert.equal(others.length, 0);
    client.close();
  });

  it('makes a new connection when one is lost', async () => {
    const { connect, calls, socket } = nodeConnect(ca);
    const client = new Client(`localhost:${port}`, schannelGrpc({}, connect));
    await one(client, Buffer.from('x'));
    const lost = socket();
    assert.ok(lost);
    lost.destroy();
    await once(lost, 'close');
    const before = Date.now() + 60_000;
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(before, (error) => (error ? reject(error) : resolve())),
    );
    await one(client, Buffer.from('x'));
    assert.equal(calls.length, 2);
    client.close();
  });

  it('connects by one name, and asks for another where the channel says so', async () => {
    const { connect, calls } = nodeConnect(ca);
    const override = { 'grpc.ssl_target_name_override': 'localhost' };
    const client = new Client(`ipv4:127.0.0.1:${port}`, schannelGrpc({}, connect), override);
    await one(client, Buffer.from('x'));
    assert.deepEqual([calls[0]?.['host'], calls[0]?.['servername']], ['127.0.0.1', 'localhost']);
    client.close();
  });

  it('means the server, not the proxy on the way', async () => {
    const hosts: unknown[] = [];
    const credentials = schannelGrpc({}, ({ host: name }) => {
      hosts.push(name);
      throw new Error('enough');
    });
    for (const target of ['dns:rpc.example:443', 'dns:[::1]:443', 'dns://192.0.2.1/rpc.example']) {
      const options = { 'grpc.http_connect_target': target };
      const made = credentials._createSecureConnector({ scheme: 'dns', path: 'proxy.example:1' }, options);
      await assert.rejects(made.connect(new net.Socket()), /enough/);
      made.destroy();
    }
    assert.deepEqual(hosts, ['rpc.example', '::1', 'rpc.example']);
  });

  it('fails a call with the reason, also if its options are wrong', async () => {
    const wrong = (): never => {
      throw new TypeError('wrong');
    };
    for (const [connect, reason] of [
      [nodeConnect('').connect, /unable to verify/],
      [wrong, /wrong/],
    ] as const) {
      const client = new Client(`localhost:${port}`, schannelGrpc({}, connect));
      await assert.rejects(one(client, Buffer.from('x')), (error: grpc.ServiceError) => {
        assert.equal(error.code, grpc.status.UNAVAILABLE);
        assert.match(error.details, reason);
        return true;
      });
      client.close();
    }
  });

  it('shares connections only with itself', () => {
    const credentials = schannelGrpc();
    assert.ok(credentials._isSecure());
    assert.ok(credentials._equals(credentials));
    assert.ok(!credentials._equals(schannelGrpc()));
  });
});
