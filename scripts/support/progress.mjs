/** Shows what is being done, for how long, and how far it is; says nothing of what is done at once. */

const QUIET_MS = 300;
const REDRAW_MS = 120;
const PLAIN_REPEAT_MS = 15_000;

/**
 * @typedef {(step: string, fraction?: number | null, detail?: string) => void} Report
 *   `step` is the part at hand, `fraction` from 0 to 1 where it is known
 */

export class Progress {
  #stream;
  #live;
  #running = new Map();
  #timer = null;
  #drawn = false;

  /** @param {NodeJS.WriteStream} [stream] standard error, so that a program's own output stays clean */
  constructor(stream = process.stderr) {
    this.#stream = stream;
    this.#live = Boolean(stream.isTTY) && process.env.CI === undefined && process.env.TERM !== 'dumb';
  }

  /**
   * Runs one step under a title.
   * @template T
   * @param {string} title
   * @param {(report: Report) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async track(title, work) {
    const task = { title, since: Date.now(), shown: 0, text: '' };
    this.#running.set(task, task);
    this.#tick();
    try {
      const value = await work((step, fraction = null, detail = '') => {
        const share = fraction === null ? '' : `${Math.floor(fraction * 100)} %`;
        task.text = [step, share, detail].filter((part) => part !== '' && part !== undefined).join(' ');
      });
      this.#end(task, 'done');
      return value;
    } catch (error) {
      this.#end(task, 'failed');
      throw error;
    }
  }

  /** Prints a step outside of any task. */
  note(text) {
    this.#line(text);
  }

  #tick() {
    this.#timer ??= setInterval(() => (this.#live ? this.#draw() : this.#tell()), REDRAW_MS);
    this.#timer.unref();
  }

  #end(task, how) {
    this.#running.delete(task);
    const took = Date.now() - task.since;
    if (took >= QUIET_MS) this.#line(`${task.title}: ${how} in ${seconds(took)}`);
    if (this.#running.size > 0) return;
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #tell() {
    const now = Date.now();
    for (const task of this.#running.values()) {
      const wait = task.shown === 0 ? QUIET_MS : PLAIN_REPEAT_MS;
      if (now - Math.max(task.since, task.shown) < wait) continue;
      task.shown = now;
      this.#line(`${describe(task, now)} …`);
    }
  }

  #draw() {
    const now = Date.now();
    const tasks = [...this.#running.values()].filter((task) => now - task.since >= QUIET_MS);
    if (tasks.length === 0) return;
    const line = tasks.map((task) => describe(task, now)).join(' | ');
    this.#stream.write(`\r\u001b[2K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    this.#drawn = true;
  }

  #line(text) {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  #clear() {
    if (this.#drawn) this.#stream.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

/** A duration for people: "0.4 s", "72 s". */
export const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

const describe = (task, now) =>
  `${task.title}${task.text === '' ? '' : `: ${task.text}`} (${seconds(now - task.since)})`;
