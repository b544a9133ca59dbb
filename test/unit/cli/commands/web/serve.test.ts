import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { run } from '#lib/cli/program.js';
import { type AcmeManager, type ChallengeSolver, letsEncrypt } from '#lib/acme.js';
import type { ServeOptions, Site, SiteFromSettings } from '#lib/web.js';
import { capturedIO, type CapturedIO } from '../../../../support/captured-io.js';
import { commandLibrary } from '../../../../support/command-library.js';

const CERTIFICATE = {
  subject: 'CN=bar.example',
  issuer: 'CN=Corp',
  isSelfIssued: false,
  validTo: new Date('2031-02-03T00:00:00Z'),
  thumbprint: 'AA',
};

interface Outcome extends CapturedIO {
  readonly code: number;
  readonly asked: readonly ServeOptions[];
}

interface Plan {
  /** What happens while the site runs. */
  readonly meanwhile?: (site: EventEmitter) => void;
  readonly cutOff?: number;
  readonly failure?: Error;
}

/** The command with a site that is none, until Ctrl+C. */
async function webServe(
  args: readonly string[],
  { meanwhile, cutOff = 0, failure }: Plan = {},
): Promise<Outcome> {
  const asked: ServeOptions[] = [];
  const serve = (options: ServeOptions): Promise<Site> => {
    asked.push(options);
    if (failure !== undefined) return Promise.reject(failure);
    const site = Object.assign(new EventEmitter(), {
      urls: ['https://bar.example/'],
      httpPort: 80,
      certificates: [],
      close: () => Promise.resolve(cutOff),
    });
    setImmediate(() => {
      meanwhile?.(site);
      process.emit('SIGINT');
    });
    return Promise.resolve(site as unknown as Site);
  };
  const io = capturedIO();
  const library = commandLibrary(undefined, undefined, undefined, undefined, { serve });
  const code = await run(['web', 'serve', ...args], '1', library, io);
  return { ...io, asked, code };
}

describe('cli/commands/web/serve', () => {
  it('serves a folder for this machine by default, and says where', async () => {
    const { code, output, asked } = await webServe(['site']);
    assert.equal(code, 0);
    assert.equal(output(), 'https://bar.example/\n');
    const [options] = asked;
    assert.deepEqual(options?.names.slice(0, 3), ['localhost', '127.0.0.1', '::1']);
    assert.deepEqual(options, {
      names: options.names,
      ...{ static: 'site', address: '127.0.0.1', https: 443, http: 80 },
      ...{ store: 'CurrentUser\\MY', fallback: true, hsts: undefined },
    });
  });

  describe('with the settings of the page', () => {
    const SITE: SiteFromSettings['site'] = {
      ...{ names: ['bar.example'], address: undefined, family: undefined, https: 8443, http: 80 },
      ...{ store: 'LocalMachine\\MY', fallback: true, tokens: undefined },
      ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
    };
    const serveSettings = async (settings: Partial<SiteFromSettings>, args = ['--settings']) => {
      const [asked, read, calls]: [ServeOptions[], unknown[], string[]] = [[], [], []];
      const manager = Object.assign(new EventEmitter(), {
        start: () => calls.push('start'),
        stop: () => Promise.resolve(calls.push('stop')),
      });
      const library = commandLibrary(undefined, undefined, undefined, undefined, {
        readSettings: (options) => {
          read.push(options);
          return Promise.resolve({ site: SITE, acme: null, problem: null, ...settings });
        },
        serve: (options) => {
          asked.push(options);
          setImmediate(() => {
            manager.emit('failed', { error: new Error('no record') });
            process.emit('SIGINT');
          });
          const site = { urls: [], httpPort: 80, certificates: [], close: () => Promise.resolve(0) };
          return Promise.resolve(Object.assign(new EventEmitter(), site) as unknown as Site);
        },
      });
      const acme = { ...library.acme, createAcmeManager: () => manager as unknown as AcmeManager };
      const io = capturedIO();
      const code = await run(['web', 'serve', 'site', ...args], '1', { ...library, acme }, io);
      return { asked, read, calls, code, errors: io.errors() };
    };

    it('serves them, and renews the certificates meanwhile', async () => {
      const acme = { directory: 'https://acme.example/', termsOfServiceAgreed: true, certificates: [] };
      const { asked, read, calls, errors } = await serveSettings({ acme });
      assert.deepEqual(asked, [{ ...SITE, static: 'site', hsts: undefined }]);
      assert.deepEqual(read, [{}]);
      assert.deepEqual(calls, ['start', 'stop']);
      assert.equal(errors, 'no record\n');
    });

    it('serves them without a manager if something is missing, and says what', async () => {
      const { asked, read, calls, errors } = await serveSettings(
        { problem: new Error('a token is missing') },
        ['--settings', 'x.json'],
      );
      assert.equal(asked.length, 1);
      assert.deepEqual([read, calls], [[{ file: 'x.json' }], []]);
      assert.equal(errors, 'a token is missing\n');
    });

    it('takes no other names or ports beside them', async () => {
      for (const more of [['--name', 'a.example'], ['--https', '8443'], ['--no-fallback']]) {
        const { code, asked } = await serveSettings({}, ['--settings', 'x.json', ...more]);
        assert.deepEqual([code, asked], [2, []]);
      }
    });
  });

  it('passes on what it is told', async () => {
    const flags = ['--https', '8443', '--no-http', '--store', 'LocalMachine\\MY', '--no-fallback', '--hsts'];
    const { asked } = await webServe(['site', '--name', 'bar.example', '192.0.2.7', ...flags]);
    assert.deepEqual(asked, [
      {
        names: ['bar.example', '192.0.2.7'],
        ...{ static: 'site', address: undefined, https: 8443, http: false },
        ...{ store: 'LocalMachine\\MY', fallback: false, hsts: true },
      },
    ]);
    const [options] = (await webServe(['site', '--name', 'a', '--address', '::1', '--http', '81'])).asked;
    assert.deepEqual([options?.address, options?.http], ['::1', 81]);
  });

  it('answers the challenges of a folder on both ports', async () => {
    const [options] = (await webServe(['site', '--challenges', 'answers'])).asked;
    assert.equal(typeof options?.tokens?.answerFor, 'function');
    assert.equal(typeof options?.challenges?.contextFor, 'function');
  });

  it('--acme: gets the certificate', async () => {
    const flags = [
      '--acme',
      '--agree-terms',
      '--email',
      'anna@bar.example',
      '--staging',
      '--state',
      'folder',
    ];
    const { asked } = await webServe(['site', '--name', 'bar.example', ...flags]);
    const { acme } = asked[0] ?? assert.fail();
    assert.deepEqual(acme, {
      ...{ directory: letsEncrypt.staging, staging: true, state: 'folder', transport: undefined },
      ...{ contact: ['mailto:anna@bar.example'], termsOfServiceAgreed: true },
    });
    const shared = await webServe(['site', '--name', 'bar.example', '--acme', '--challenges', 'folder']);
    const { challenge, termsOfServiceAgreed } = shared.asked[0]?.acme ?? assert.fail();
    assert.equal(termsOfServiceAgreed, false);
    assert.match((challenge as ChallengeSolver).name, /^http-01 by .*folder$/);
  });

  it('says which certificate visitors get, and what is wrong', async () => {
    const meanwhile = (site: EventEmitter): void => {
      site.emit('certificate', { previous: null, current: CERTIFICATE });
      site.emit('warning', new Error('no\u001b[31mne found'));
      site.emit('failure', new Error('oops'), {});
      site.emit('certificate', { previous: CERTIFICATE, current: { ...CERTIFICATE, isSelfIssued: true } });
    };
    const { output, errors } = await webServe(['site'], { meanwhile });
    assert.deepEqual(output().split('\n').slice(1, -1), [
      'certificate CN=bar.example, by CN=Corp, until 2031-02-03',
      'certificate CN=bar.example, self-signed, until 2031-02-03',
    ]);
    assert.ok(!errors().includes('\u001b'));
    assert.match(errors(), /ne found\noops\n$/);
  });

  it('--json: one object a line', async () => {
    const meanwhile = (site: EventEmitter): void => {
      site.emit('certificate', { previous: null, current: CERTIFICATE });
      site.emit('warning', new Error('none found'));
    };
    const { output } = await webServe(['site', '--json'], { meanwhile });
    const lines = output()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { readonly event: string });
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['running', 'certificate', 'warning'],
    );
    assert.deepEqual(lines[0], {
      ...{ ok: true, event: 'running', urls: ['https://bar.example/'], httpPort: 80, error: null },
    });
    assert.deepEqual(lines[1], { event: 'certificate', ...CERTIFICATE, validTo: '2031-02-03T00:00:00.000Z' });
  });

  it('ends with 15 if connections were cut off', async () => {
    const { code, errors } = await webServe(['site'], { cutOff: 2 });
    assert.deepEqual([code, errors()], [15, '2 connections were cut off\n']);
  });

  it('ends with 14 if a port is taken', async () => {
    const failure = Object.assign(new Error('listen EADDRINUSE: address already in use :::443'), {
      code: 'EADDRINUSE',
      syscall: 'listen',
    });
    const listeners = process.listenerCount('SIGINT');
    const { code, errors } = await webServe(['site'], { failure });
    assert.deepEqual([code, process.listenerCount('SIGINT')], [14, listeners]);
    assert.match(errors(), /address already in use/);
  });

  for (const args of [
    [],
    ['site', '--https', '0'],
    ['site', '--for', '5'],
    ['site', '--acme'],
    ['site', '--name', 'bar.example', '--agree-terms'],
    ['site', '--name', 'bar.example', '--acme', '--directory', 'no URL'],
  ]) {
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const { code, asked } = await webServe(args);
      assert.deepEqual([code, asked], [2, []]);
    });
  }
});
