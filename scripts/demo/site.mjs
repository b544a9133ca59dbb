import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { keepPorts } from '../peers/ports.mjs';
import { ROOT, findProgram } from '../support/paths.mjs';
import { startSchannel } from './command.mjs';

const NAME = 'www.demo.example';
const HOME = '<!doctype html><title>Demo</title><p>Hello from a site whose key never was a file.\n';

/** curl's exit code for a certificate that it does not accept. */
const CURL_REFUSED = 60;

/**
 * A site gets its certificate from an ACME server while visitors ask.
 * @returns {Promise<boolean[]>} whether each check holds
 */
export async function showSite({ page, place, certificates, folder, report }) {
  page.heading('A site that gets its certificate by itself');
  const reason = whyNot(place);
  if (reason !== null) {
    page.text(`Left out: ${reason}.`);
    return [];
  }
  report('starting an ACME server', null);
  const { ports, release } = await keepPorts(5);
  const [acme, management, dns, control, port] = ports;
  const pebble = await startPebble({
    folder,
    server: certificates.servers.trusted,
    acme,
    management,
    dns,
    control,
    port,
  });
  const files = path.join(folder, 'site');
  await mkdir(files);
  await writeFile(path.join(files, 'index.html'), HOME);
  const args = [
    ...[
      'web',
      'serve',
      files,
      '--name',
      NAME,
      '--address',
      '127.0.0.1',
      '--https',
      String(port),
      '--no-http',
    ],
    ...['--acme', '--agree-terms', '--directory', `https://localhost:${acme}/dir`],
  ];
  page.text(
    "ACME server: pebble, the one for tests of Let's Encrypt. Nobody has made a certificate for the site.",
  );
  page.command(['schannel', ...args]);
  const site = startSchannel(place, args);
  const lines = linesOf(site.stdout);
  try {
    const ca = path.join(folder, 'pebble.pem');
    await writeFile(ca, await authoritiesOf(pebble, management, certificates.caPem));
    const standIn = await lines.next(/self-signed/);
    page.block(standIn);
    const visitors = new Visitors(port);
    const checks = [
      await curl(page, port, ca, CURL_REFUSED, 'the self-signed stand-in: a browser would warn'),
    ];
    page.block(await lines.next(/by CN=Pebble/));
    checks.push(
      await curl(
        page,
        port,
        ca,
        0,
        'the certificate of the ACME server, proved on the same port, its key in Windows',
      ),
    );
    const { answered, failed } = await visitors.goHome();
    checks.push(check(page, failed === 0, `${answered} visits meanwhile, ${failed} failed`));
    site.kill('SIGINT');
    await site.finished;
    return checks;
  } finally {
    site.kill('SIGKILL');
    pebble.kill();
    release();
  }
}

function whyNot({ rig }) {
  if (rig === null) return "it would put a certificate into your Windows' store";
  const missing = ['pebble', 'pebble-challtestsrv', 'curl'].find((program) => findProgram(program) === null);
  return missing === undefined ? null : `${missing} is not installed`;
}

async function startPebble({ folder, server, acme, management, dns, control, port }) {
  const home = path.join(folder, 'pebble');
  await mkdir(home);
  const pebble = {
    listenAddress: `127.0.0.1:${acme}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: 'cert.pem',
    privateKey: 'key.pem',
    httpPort: port,
    tlsPort: port,
  };
  await writeFile(path.join(home, 'config.json'), JSON.stringify({ pebble }));
  await writeFile(path.join(home, 'cert.pem'), server.cert);
  await writeFile(path.join(home, 'key.pem'), server.key);
  const peer = path.join(ROOT, 'scripts/pebble/peer.mjs');
  const child = spawn(process.execPath, [peer, String(dns), String(control)], {
    cwd: home,
    stdio: 'ignore',
    detached: true,
  });
  return {
    isRunning: () => child.exitCode === null,
    // With what it has started.
    kill: () => child.exitCode === null && process.kill(-child.pid, 'SIGKILL'),
  };
}

/** Root and issuing authority of a pebble, PEM, once it answers. */
async function authoritiesOf(pebble, port, ca) {
  const get = (url) => textOf({ host: 'localhost', port, path: url, ca });
  const whenItAnswers = async () => {
    for (;;) {
      try {
        return await get('/roots/0');
      } catch (error) {
        if (error.code !== 'ECONNREFUSED' || !pebble.isRunning()) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  return (await whenItAnswers()) + (await get('/intermediates/0'));
}

async function textOf(options) {
  const request = https.get({ ...options, agent: false });
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

/** Visits one after another, each with a new connection, whatever the certificate. */
class Visitors {
  #answered = 0;
  #failed = 0;
  #isOver = false;
  #all;

  constructor(port) {
    this.#all = this.#visit({
      ...{ host: '127.0.0.1', port, servername: NAME, headers: { host: NAME }, rejectUnauthorized: false },
    });
  }

  async goHome() {
    this.#isOver = true;
    await this.#all;
    return { answered: this.#answered, failed: this.#failed };
  }

  async #visit(options) {
    while (!this.#isOver) {
      const text = await textOf(options).catch(() => '');
      if (text === HOME) this.#answered += 1;
      else this.#failed += 1;
    }
  }
}

/** Lines of a program, as they come. */
function linesOf(stream) {
  let text = '';
  let wake = () => undefined;
  stream.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    wake();
  });
  let hasEnded = false;
  stream.once('end', () => {
    hasEnded = true;
    wake();
  });
  return {
    /** What came up to a line that matches. */
    async next(pattern) {
      for (;;) {
        const lines = text.split('\n');
        const at = lines.slice(0, -1).findIndex((line) => pattern.test(line));
        if (at >= 0) {
          text = lines.slice(at + 1).join('\n');
          return lines.slice(0, at + 1).join('\n');
        }
        if (hasEnded) throw new Error(`the command ended before it printed ${pattern}:\n${text}`);
        await new Promise((resolve) => (wake = resolve));
      }
    },
  };
}

async function curl(page, port, ca, expected, title) {
  const args = ['-sS', '--cacert', ca, '--resolve', `${NAME}:${port}:127.0.0.1`, `https://${NAME}:${port}/`];
  page.command(['curl', ...args]);
  const child = spawn('curl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  page.block(output);
  return check(page, code === expected && (code !== 0 || output === HOME), title);
}

function check(page, holds, text) {
  page.check(holds, text);
  return holds;
}
