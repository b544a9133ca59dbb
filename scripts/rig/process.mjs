import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { RigError } from './error.mjs';
import { windowsEnvironment, wineEnvironment } from './environment.mjs';
import { parseReport } from './report.mjs';
import { commandLine, toWindowsPath } from './windows-path.mjs';

/** launch.exe has drained the program's streams when it ends; Wine's own services must not prolong them. */
const CLOSE_TIMEOUT_MS = 15_000;

/** Windows' exit code of a program that Ctrl+C ended: STATUS_CONTROL_C_EXIT. */
const CONTROL_C_EXIT = 0xc000013a;

/**
 * A Windows program that runs on the rig. Used like a `ChildProcess`: `stdin`, `stdout`, `stderr`, `pid`,
 * `kill()`, `exitCode`, `signalCode` and the events `spawn`, `error`, `exit` and `close`; besides, `crash` is
 * set before `exit` if native code failed, and `finished` resolves at `close`.
 */
export class RigProcess extends EventEmitter {
  exitCode = null;
  signalCode = null;
  /** `{ code, reason, frames, text }` or null. */
  crash = null;
  #child;
  #directory;
  #prefix;
  #sent = null;

  constructor({ wine, tools, prefix, program, args, cwd, env, unixEnv, stdin, stdout, stderr }) {
    super();
    this.#prefix = prefix;
    this.#directory = mkdtempSync(join(tmpdir(), 'schannel-run-'));
    const job = join(this.#directory, 'job');
    const strings = [
      toWindowsPath(join(this.#directory, 'report')),
      commandLine([toWindowsPath(program), ...args]),
      ...windowsEnvironment(env),
    ];
    writeFileSync(job, Buffer.from(strings.map((text) => `${text}\0`).join(''), 'utf16le'), { mode: 0o600 });
    const relayTerminal = stdin === 'inherit' && process.stdin.isTTY;
    this.#child = spawn(
      join(tools, 'start'),
      [
        String(process.pid),
        join(wine, 'usr/lib/x86_64-linux-gnu/wine64'),
        toWindowsPath(join(tools, 'launch.exe')),
        toWindowsPath(job),
        toWindowsPath(join(tools, 'crash.dll')),
      ],
      {
        cwd,
        env: wineEnvironment({ wine, prefix, shim: join(tools, 'schanrig.so'), unixEnv }),
        stdio: [relayTerminal ? 'pipe' : stdin, stdout, stderr],
        // A separate group: a terminal's Ctrl+C must reach the program once, by kill(), not twice.
        detached: true,
      },
    );
    if (relayTerminal) this.#relayTerminal();
    this.#follow();
    /** Resolves to `{ code, signal, crash }` when the program has ended and its streams are closed. */
    this.finished = new Promise((resolve, reject) => {
      this.once('error', reject);
      this.once('close', (code, signal) => resolve({ code, signal, crash: this.crash }));
    });
    this.finished.catch(() => {}); // a caller that does not wait for it gets `error`
  }

  get stdin() {
    return this.#child.stdin;
  }

  get stdout() {
    return this.#child.stdout;
  }

  get stderr() {
    return this.#child.stderr;
  }

  get pid() {
    return this.#child.pid;
  }

  /** SIGINT arrives as Ctrl+C, which the program may handle. Others end it at once, and all it started. */
  kill(signal = 'SIGTERM') {
    this.#sent = signal;
    return this.#child.kill(signal);
  }

  #relayTerminal() {
    this.#child.stdin.on('error', () => {}); // the program may end before the person stops typing
    process.stdin.pipe(this.#child.stdin);
    this.#child.once('exit', () => {
      process.stdin.unpipe(this.#child.stdin);
      process.stdin.pause();
    });
  }

  #follow() {
    const child = this.#child;
    let closing;
    child.on('spawn', () => this.emit('spawn'));
    child.on('error', (error) => {
      this.#removeDirectory();
      this.emit('error', error);
    });
    child.on('exit', (code, signal) => {
      const failed = this.#readOutcome(code, signal);
      if (failed) return this.emit('error', failed);
      this.emit('exit', this.exitCode, this.signalCode);
      closing = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, CLOSE_TIMEOUT_MS);
    });
    child.on('close', () => {
      clearTimeout(closing);
      this.emit('close', this.exitCode, this.signalCode);
    });
  }

  #readOutcome(code, signal) {
    const report = this.#readReport();
    if (report?.failed) {
      const { error, call } = report.failed;
      return new RigError(`The Windows program could not be started: ${call} failed with error ${error}.`);
    }
    if (report?.code === CONTROL_C_EXIT && this.#sent === 'SIGINT') this.signalCode = 'SIGINT';
    else if (report) this.exitCode = report.code;
    else this.signalCode = signal ?? signalOf(code);
    if (this.signalCode === null && this.exitCode === null) this.exitCode = code;
    this.crash = report?.crash ?? null;
    return null;
  }

  #readReport() {
    try {
      return parseReport(readFileSync(join(this.#directory, 'report'), 'utf8'), this.#prefix);
    } catch (error) {
      if (error.code === 'ENOENT') return null;
      throw error;
    } finally {
      this.#removeDirectory();
    }
  }

  #removeDirectory() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Wine handles signals and ends by itself, with the exit code a shell would show. */
function signalOf(code) {
  return Object.keys(constants.signals).find((name) => constants.signals[name] === code - 128) ?? null;
}
