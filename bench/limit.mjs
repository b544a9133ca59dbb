import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../build/bench/sspi-limit.exe', import.meta.url));

/** Raw SSPI (bench/raw) in a separate process, which measures on request. */
export class Limit {
  #child;
  #answers;

  /** @throws {Error} when the program is not built */
  static async start() {
    if (!existsSync(program)) {
      throw new Error(
        `${program} is missing; build it as bench/raw/CMakeLists.txt says, or leave raw out with --contestants ours,node`,
      );
    }
    const limit = new Limit();
    await limit.#next('suite');
    return limit;
  }

  constructor() {
    this.#child = spawn(program, ['--serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns {Promise<{ bytes: number, encryptNs: number, decryptNs: number }>} */
  throughput(size, milliseconds) {
    return this.#ask('throughput', size, milliseconds);
  }

  /** @returns {Promise<{ count: number, elapsedNs: number }>} */
  roundTrip(size, milliseconds) {
    return this.#ask('roundtrip', size, milliseconds);
  }

  /** @returns {Promise<{ count: number, elapsedNs: number }>} */
  handshake(milliseconds) {
    return this.#ask('handshake', milliseconds);
  }

  close() {
    this.#child.stdin.end();
  }

  #ask(kind, ...numbers) {
    this.#child.stdin.write(`${kind} ${numbers.join(' ')}\n`);
    return this.#next(kind);
  }

  async #next(kind) {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('sspi-limit ended early');
    const answer = JSON.parse(value);
    if (answer.kind !== kind) throw new Error(`sspi-limit was asked for ${kind} and answered ${value}`);
    return answer;
  }
}
