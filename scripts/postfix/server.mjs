/**
 * A private Postfix: its own configuration, queue and mailboxes in a folder under the system's temporary one,
 * listening only on loopback. It runs beside a Postfix of the machine and touches none of its files. Needs root, since
 * Postfix's master gives each of its processes the rights it needs and no more.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { keepPorts } from '../peers/ports.mjs';
import { mainCf, masterCf } from './configuration.mjs';

/** How long the first greeting may take: long enough for a machine that has a lot else to do. */
const START_TIMEOUT = 120_000;
const POLL_INTERVAL = 50;

/** Owner of the mailboxes: a user with no rights, whose number is the same on every Debian. */
const NOBODY = 65534;

/**
 * @typedef {object} Service one smtpd with its own certificate, or without TLS
 * @property {string} name
 * @property {string} [cert] PEM, issuers behind it
 * @property {string} [key] PEM
 * @property {boolean} [implicit] TLS from the first byte
 */

/**
 * @param {{ domain: string, host?: string, services: Service[], lmtp?: string }} options mail for any recipient in
 *   `domain` is accepted; `host` is the name of the server, by default mail in the domain; `lmtp` is a port that gets
 *   the mail, which is otherwise stored
 * @returns {Promise<Postfix>}
 */
export async function startPostfix({ domain, host = `mail.${domain}`, services, lmtp }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-postfix-'));
  chmodSync(folder, 0o755); // its processes run as three users
  const folders = { config: 'config', queue: 'queue', data: 'data', mail: 'mail' };
  for (const name of Object.keys(folders)) mkdirSync((folders[name] = path.join(folder, folders[name])));
  const { ports, release } = await keepPorts(services.length);
  const listening = services.map(({ name, cert, key, implicit }, at) => {
    const file = cert === undefined ? null : path.join(folders.config, `${name}.pem`);
    if (file !== null) writeFileSync(file, key + cert, { mode: 0o600 });
    return { name, port: ports[at], file, implicit: implicit ?? false };
  });
  writeFileSync(
    path.join(folders.config, 'main.cf'),
    mainCf({ domain, host, folder, ...folders, owner: NOBODY, lmtp }),
  );
  writeFileSync(path.join(folders.config, 'master.cf'), masterCf(listening));
  await chown(folders.data, idOf('postfix'), 0);
  await chown(folders.mail, NOBODY, NOBODY);

  const inbox = path.join(folders.mail, 'inbox', 'new');
  mkdirSync(inbox, { recursive: true });
  for (const part of ['cur', 'tmp']) mkdirSync(path.join(folders.mail, 'inbox', part));
  for (const part of ['', 'new', 'cur', 'tmp'])
    await chown(path.join(folders.mail, 'inbox', part), NOBODY, NOBODY);

  // Makes the parts of the queue. The master is started by hand: under "postfix start-fg" it leaves our process group.
  execFileSync('postfix', ['-c', folders.config, 'check'], { stdio: 'ignore' });
  const program = path.join(setting('daemon_directory'), 'master');
  const master = spawn(program, ['-c', folders.config, '-s'], { stdio: 'ignore', detached: true });
  const guard = guardOf(master.pid, folder);
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  const stop = async () => {
    guard.stdin.end();
    await ended;
    release();
  };
  const log = () => readIfThere(path.join(folder, 'log'));
  try {
    await Promise.all(listening.map(({ port, implicit }) => answering(port, implicit, master, log)));
  } catch (error) {
    await stop();
    throw error;
  }
  return new Postfix(listening, inbox, log, stop);
}

/** A running server. */
class Postfix {
  #seen = new Set();
  #watches = new Set();
  #inbox;
  #end;

  constructor(services, inbox, log, end) {
    this.#inbox = inbox;
    /** @type {Record<string, number>} port of each service by its name */
    this.ports = Object.fromEntries(services.map(({ name, port }) => [name, port]));
    /** What Postfix has logged so far. */
    this.log = log;
    this.#end = end;
  }

  /** Ends the server and removes its folder. */
  async stop() {
    for (const end of this.#watches) end();
    await this.#end();
  }

  /** Calls back with each message as it is stored, its file's content; returns a function that ends that. */
  onMessage(callback) {
    const look = () => {
      for (const name of readdirSync(this.#inbox)) {
        if (this.#seen.has(name)) continue;
        this.#seen.add(name);
        callback(readFileSync(path.join(this.#inbox, name)));
      }
    };
    // Maildir: a file comes into new/ by rename, whole. Polling covers file systems that tell nothing.
    const watcher = watch(this.#inbox, look);
    const timer = setInterval(look, POLL_INTERVAL);
    look();
    const end = () => {
      watcher.close();
      clearInterval(timer);
      this.#watches.delete(end);
    };
    this.#watches.add(end);
    return end;
  }
}

/**
 * A process that ends Postfix and removes its folder as soon as its standard input closes: at stop(), and as well when
 * this process is killed.
 */
function guardOf(pid, folder) {
  const script =
    'cat > /dev/null; kill -TERM "$1"; n=0; ' +
    'while kill -0 "$1" 2> /dev/null && [ $((n += 1)) -lt 100 ]; do sleep 0.05; done; rm -rf "$2"';
  return spawn('sh', ['-c', script, 'sh', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** Resolves once the port answers. */
async function answering(port, implicit, master, log) {
  const deadline = Date.now() + START_TIMEOUT;
  while (!(await greets(port, implicit))) {
    if (master.exitCode !== null || Date.now() > deadline)
      throw new Error(`Postfix did not start:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
}

function greets(port, implicit) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => settle(false));
    // With TLS from the first byte the server waits for ours.
    socket.once('connect', () => implicit && settle(true));
    socket.once('data', () => settle(true));
    socket.once('end', () => settle(false));
  });
}

const setting = (name) => execFileSync('postconf', ['-d', '-h', name], { encoding: 'utf8' }).trim();

const idOf = (user) => Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
