import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import * as acme from '#lib/acme.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { run } from '#lib/cli/program.js';
import { type CapturedIO, capturedIO, type CapturedIOOptions } from '../../../../support/captured-io.js';
import { commandLibrary } from '../../../../support/command-library.js';

const REPORT: acme.SetReport = {
  id: 'set',
  names: ['www.bar.example'],
  store: 'CurrentUser\\MY',
  certificate: {
    reference: 'CurrentUser\\MY\\00AA',
    thumbprint: '00AA',
    validFrom: new Date('2030-01-01'),
    validTo: new Date('2030-04-01'),
    directory: 'https://acme.test/directory',
  },
  renewal: null,
  explanation: null,
  due: false,
  failures: 0,
  nextTry: null,
  lastFailure: null,
  dropped: [],
  unfinished: false,
  hookFailure: null,
  action: 'issued',
  error: null,
};

interface Ran extends CapturedIO {
  readonly code: number;
  /** What the manager was made with. */
  readonly options: acme.ManagerOptions | undefined;
  /** `force` of each check. */
  readonly checks: readonly (boolean | undefined)[];
  /** `retry` of each check. */
  readonly retries: readonly (boolean | undefined)[];
}

/** Runs `schannel acme get` with a manager that reports so. */
async function get(
  args: readonly string[],
  io: CapturedIOOptions = {},
  ...reports: readonly (Partial<acme.SetReport> | (() => Promise<Partial<acme.SetReport>>))[]
): Promise<Ran> {
  const left = [...reports];
  const checks: (boolean | undefined)[] = [];
  const retries: (boolean | undefined)[] = [];
  let options: acme.ManagerOptions | undefined;
  const createAcmeManager = (given: acme.ManagerOptions): acme.AcmeManager => {
    options = given;
    const manager = Object.assign(new EventEmitter(), {
      check: async ({ force, retry }: acme.CheckOptions) => {
        checks.push(force);
        retries.push(retry);
        manager.emit('log', { level: 'info', text: 'a step' });
        const next = left.shift() ?? {};
        return {
          sets: [{ ...REPORT, ...(typeof next === 'function' ? await next() : next) }],
          clockSkew: null,
        };
      },
    });
    return manager as unknown as acme.AcmeManager;
  };
  const captured = capturedIO(io);
  const library = { ...commandLibrary(), acme: { ...acme, createAcmeManager } };
  const code = await run(['acme', 'get', ...args], '1.2.3', library, captured);
  return { ...captured, code, options, checks, retries };
}

const NAMES = ['www.bar.example'];

describe('cli/commands/acme/get', () => {
  it("asks Let's Encrypt, and says where the certificate is", async () => {
    const { code, options, output, errors } = await get([...NAMES, '--webroot', 'www', '--agree-terms']);
    assert.equal(code, EXIT_CODES.ok);
    assert.equal(options?.directory, acme.letsEncrypt.production);
    assert.equal(options.termsOfServiceAgreed, true);
    assert.match(
      output(),
      /^got a certificate for www\.bar\.example\n {2}certificate {2}CurrentUser\\MY\\00AA\n/,
    );
    assert.equal(errors(), 'a step\n');
  });

  it('has bindings moved if it is told', async () => {
    const store = ['--store', 'LocalMachine\\MY', '--yes'];
    const told = await get([...NAMES, '--webroot', 'www', ...store, '--bindings', 'all']);
    assert.equal(told.options?.certificates[0]?.bindings, 'all');
    assert.equal(typeof told.options.moveBindings, 'function');
    const { options } = await get([...NAMES, '--webroot', 'www', ...store]);
    assert.equal(options?.certificates[0]?.bindings, undefined);
    assert.equal((await get([...NAMES, '--webroot', 'www', '--bindings', 'some'])).code, EXIT_CODES.usage);
  });

  it('agrees to no terms by itself', async () => {
    assert.equal((await get([...NAMES, '--webroot', 'www'])).options?.termsOfServiceAgreed, false);
  });

  it('passes on what was chosen', async () => {
    const args = ['--staging', '--store', 'MY', '--profile', 'shortlived', '--email', 'anna@bar.example'];
    const key = ['--key-provider', 'tpm', '--algorithm', 'ec', '--curve', 'P-384'];
    const { options } = await get(
      [...NAMES, ...args, ...key, '--eab-kid', 'a', '--state', 's', '--webroot', 'www'],
      { env: { SCHANNEL_EAB_KEY: 'bWFj' } },
    );
    const [set] = options?.certificates ?? [];
    assert.equal(options?.directory, acme.letsEncrypt.staging);
    assert.deepEqual(options.contact, ['mailto:anna@bar.example']);
    assert.deepEqual(options.externalAccount, { kid: 'a', macKey: 'bWFj' });
    assert.equal(options.state, 's');
    assert.deepEqual([set?.store, set?.profile], ['MY', 'shortlived']);
    assert.deepEqual(set?.key, {
      algorithm: 'ec',
      namedCurve: 'P-384',
      modulusLength: undefined,
      provider: 'tpm',
      readers: undefined,
    });
  });

  it('proves names by its own server, only while it works', async () => {
    const free = net.createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    let status = 0;
    const { options } = await get(
      [...NAMES, '--http-port', String(port), '--http-address', '127.0.0.1'],
      {},
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/.well-known/acme-challenge/abc`);
        status = response.status;
        return {};
      },
    );
    assert.equal(status, 404);
    assert.deepEqual(solverNames(options), ['http-01']);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
  });

  it('proves names by a server that has the same folder', async () => {
    const names = async (...args: string[]) => solverNames((await get([...NAMES, ...args])).options);
    assert.deepEqual(await names('--challenges', '/answers'), [`http-01 by ${path.resolve('/answers')}`]);
    const byTls = await names('--challenges', '/answers', '--tls-alpn');
    assert.deepEqual(byTls, [`tls-alpn-01 by ${path.resolve('/answers')}`]);
    const { code, errors } = await get([...NAMES, '--tls-alpn']);
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /--challenges/);
  });

  it('says that the port is taken, and orders nothing', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, errors, checks } = await get([
      ...NAMES,
      '--http-port',
      String(port),
      '--http-address',
      '127.0.0.1',
    ]);
    other.close();
    assert.equal(code, EXIT_CODES.listen);
    assert.match(errors(), /belongs to[^]*--webroot/);
    assert.deepEqual(checks, []);
  });

  it('proves names by DNS, with a secret that is no argument', async () => {
    const dns = ['*.bar.example', '--dns', 'dnsimple'];
    const { options } = await get(dns, { env: { SCHANNEL_DNSIMPLE_TOKEN: 'secret' } });
    assert.match(solverNames(options)[0] ?? '', /DNSimple/);
    assert.equal((await get(dns)).code, EXIT_CODES.usage);
  });

  it('renews only if it is time, unless told to', async () => {
    assert.deepEqual((await get([...NAMES, '--webroot', 'www'], {}, { action: 'none' })).checks, [false]);
    assert.deepEqual((await get([...NAMES, '--webroot', 'www', '--force'])).checks, [true]);
  });

  it('does not wait for the next attempt of the schedule', async () => {
    assert.deepEqual((await get([...NAMES, '--webroot', 'www'])).retries, [true]);
  });

  it('says until when a server takes no more orders', async () => {
    const nextTry = new Date('2030-02-02T00:00:00Z');
    const waiting = { action: 'waiting', nextTry } as const;
    const { code, output } = await get([...NAMES, '--webroot', 'www'], {}, waiting);
    assert.equal(code, EXIT_CODES.rateLimited);
    assert.ok(output().includes(nextTry.toLocaleString()));
  });

  it('ends with what went wrong', async () => {
    const error = new SchannelError('ERR_SCHANNEL_ACME_CAA', 'the record forbids it', { phase: 'data' });
    const failed = { action: 'failed', error } as const;
    const { code, errors } = await get([...NAMES, '--webroot', 'www'], {}, failed);
    assert.equal(code, EXIT_CODES.denied);
    assert.match(errors(), /the record forbids it/);
    const json = await get([...NAMES, '--webroot', 'www', '--json'], {}, failed);
    assert.equal((JSON.parse(json.output()) as { error: { code: string } }).error.code, error.code);
  });

  it('writes one JSON object', async () => {
    const { output, errors } = await get([...NAMES, '--webroot', 'www', '--json'], {}, { action: 'renewed' });
    const facts = JSON.parse(output()) as {
      ok: boolean;
      action: string;
      certificate: { thumbprint: string };
    };
    assert.deepEqual([facts.ok, facts.action, facts.certificate.thumbprint], [true, 'renewed', '00AA']);
    assert.equal(errors(), '');
  });

  it('asks before it changes something for all users', async () => {
    const args = [...NAMES, '--webroot', 'www', '--store', 'LocalMachine\\MY'];
    const { code, checks } = await get(args);
    assert.equal(code, EXIT_CODES.usage);
    assert.deepEqual(checks, []);
    assert.equal((await get([...args, '--yes'])).code, EXIT_CODES.ok);
  });

  it('orders nothing in a dry run', async () => {
    const { output, checks } = await get([...NAMES, '--webroot', 'www', '--dry-run']);
    assert.match(
      output(),
      /^would order a certificate for www\.bar\.example from acme-v02\.api\.letsencrypt\.org/,
    );
    assert.deepEqual(checks, []);
  });

  for (const args of [
    [...NAMES, '--directory', 'nowhere'],
    [...NAMES, '--eab-kid', 'a'],
    [...NAMES, '--algorithm', 'ec', '--curve', 'P-521'],
    [...NAMES, '--curve', 'P-256'],
    [...NAMES, '--ca', 'missing.pem'],
    [],
  ]) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, checks } = await get([...args, '--webroot', 'www']);
      assert.equal(code, EXIT_CODES.usage);
      assert.deepEqual(checks, []);
    });
  }
});

const solverNames = (options: acme.ManagerOptions | undefined): string[] =>
  [options?.certificates[0]?.challenge ?? []].flat().map((solver: acme.ChallengeSolver) => solver.name);
