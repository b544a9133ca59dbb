import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce } from './once.mjs';
import { clonePrefix, copyPrefix } from './prefix.mjs';
import { RigProcess } from './process.mjs';

/** Wine, our tools beside it, and the prefixes in which Windows programs run. */
export class Rig {
  /** The prefix that programs use unless told otherwise. It stays, so that what they store does. */
  prefix;
  #wine;
  #tools;
  #clones = new Set();
  #running = new Set();

  constructor({ wine, tools, prefix }) {
    this.#wine = wine;
    this.#tools = tools;
    this.prefix = prefix;
  }

  /**
   * Starts a Windows program as if it were a native one.
   * @param {string} program Unix or Windows path, or a name that Windows finds in its PATH
   * @param {readonly string[]} args passed on as they are
   * @param {object} [options]
   * @param {string} [options.cwd] Unix path
   * @param {Record<string, string | undefined>} [options.env=process.env] of the Windows program; PATH, HOME and
   *   other names that mean something else there are left out
   * @param {Record<string, string>} [options.unixEnv] for Wine itself and the shim, e.g. SCHANRIG
   * @param {string} [options.prefix] from clonePrefix()
   * @param {'pipe' | 'ignore' | 'inherit'} [options.stdin='pipe'] likewise stdout and stderr
   * @returns {RigProcess}
   */
  spawn(program, args = [], options = {}) {
    const {
      cwd,
      env = process.env,
      unixEnv,
      prefix = this.prefix,
      stdin = 'pipe',
      stdout = 'pipe',
      stderr = 'pipe',
    } = options;
    const settings = {
      wine: this.#wine,
      tools: this.#tools,
      prefix,
      cwd,
      env,
      unixEnv,
      stdin,
      stdout,
      stderr,
    };
    const child = new RigProcess({ ...settings, program, args });
    this.#running.add(child);
    const ended = () => this.#running.delete(child);
    child.finished.then(ended, ended);
    return child;
  }

  /**
   * Runs a Windows program to its end. Options as for spawn(), but `stdin` may be a string or bytes (default:
   * empty) and `timeoutMs` ends the program.
   * @returns {Promise<{ code: number | null, signal: string | null, crash: object | null, stdout: string, stderr: string }>}
   */
  async run(program, args = [], { stdin = 'ignore', timeoutMs, ...options } = {}) {
    const isContent = typeof stdin !== 'string' || !['ignore', 'inherit', 'pipe'].includes(stdin);
    const child = this.spawn(program, args, { ...options, stdin: isContent ? 'pipe' : stdin });
    const output = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name]?.on('data', (chunk) => output[name].push(chunk));
    if (isContent) {
      child.stdin.on('error', () => {}); // the program need not read it
      child.stdin.end(stdin);
    }
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const { code, signal, crash } = await child.finished.finally(() => clearTimeout(timer));
    const text = (name) => Buffer.concat(output[name]).toString();
    return { code, signal, crash, stdout: text('stdout'), stderr: text('stderr') };
  }

  /** Makes a private prefix for a test: stores, keys and caches as in a fresh Windows. Gone after close(). */
  async clonePrefix(name) {
    const clone = await clonePrefix(this.#wine, name);
    this.#clones.add(clone);
    return clone.prefix;
  }

  /** Adds a certificate (DER file) to the trusted roots of a prefix, for programs started after it. */
  async trust(prefix, derFile) {
    const { code, stderr } = await this.run(join(this.#tools, 'trust.exe'), [derFile], { prefix, env: {} });
    if (code !== 0) throw new Error(`${derFile} could not be added to the trusted roots: ${stderr.trim()}`);
  }

  /**
   * Ends what was started here: programs, servers of cloned prefixes, the clones. The server of the shared
   * prefix may serve another process; it ends a minute after its last program.
   */
  async close() {
    for (const child of this.#running) child.kill('SIGTERM');
    await Promise.allSettled([...this.#running].map((child) => child.finished));
    await Promise.all([...this.#clones].map((clone) => clone.remove()));
    this.#clones.clear();
  }
}

/** Opens a built rig, whose shared prefix is made at first use. */
export async function openRig({ wine, tools }) {
  const prefix = join(wine, 'prefix');
  await buildOnce(prefix, async (building) => {
    await rm(building, { recursive: true });
    await copyPrefix(join(wine, 'template'), building);
  });
  return new Rig({ wine, tools, prefix });
}
