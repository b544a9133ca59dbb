import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TestAuthority } from '../support/certificates.js';
import { turn } from '../support/patience.js';
import { Content } from './content.js';
import type { End, EndReport } from './end.js';
import { ALLOWED_FAILURES, isNeverServed, judgeBoth, judgeEnd, wordOf } from './judge.js';
import { PeerProcess } from './peer-process.js';
import { describePlan, planOf, type Library, type Plan, type PlanSettings } from './plan.js';
import { NODE_TLS, World, type Identity, type Tls } from './world.js';

export interface SoakOptions extends PlanSettings {
  /** This library, or node:tls in its place. */
  readonly tls: Tls;
  /** Connections that are open at once. */
  readonly atOnce: number;
  /** Whether no further connection is made, by those that were. */
  readonly isOver: (made: number) => boolean;
  /** Connections between two certificates of the servers; 0: they keep the first one. */
  readonly renewEvery: number;
  readonly certificates: number;
  /** Milliseconds that a connection may stand still at least. */
  readonly guard: number;
  readonly say: (line: string) => void;
}

export interface Sample {
  /** Connections that are over. */
  readonly connections: number;
  readonly bytes: number;
  /** In bytes, after the garbage collector. */
  readonly memory: NodeJS.MemoryUsage;
}

export interface SoakResult {
  readonly connections: number;
  /** Read by both ends, in both processes. */
  readonly bytes: number;
  readonly renewals: number;
  /** How many connections ended how, by action and ends. */
  readonly ends: ReadonlyMap<string, number>;
  /** Connections that failed before the server knew whose they are, by code. */
  readonly failures: ReadonlyMap<string, number>;
  readonly hangs: readonly string[];
  readonly mismatches: readonly string[];
  readonly samples: readonly Sample[];
}

/** Something that must make progress. */
interface Watched {
  steps: number;
  /** Steps of all in either process, and time, when it made its last one. */
  work: number;
  farWork: number;
  time: number;
}

/** A connection hangs if it makes no step while others make so many in each process, and the guard's time passes. */
const STALLED_STEPS = 20_000;
/** … or so many times as long, whatever others do. */
const STALLED_ALONE = 5;

/** In place of the report of a client that {@link isNeverServed}. */
const NOT_SERVED = 'not served';

interface Lane {
  readonly plan: Plan;
  steps: number;
  give: (role: 'client' | 'server', report: EndReport | string) => void;
}

/** As --expose-gc, which the process was not started with. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Connections of all kinds, again and again, until it is over. */
export class Soak {
  readonly #options: SoakOptions;
  readonly #content: Content;
  readonly #lanes = new Map<number, Lane>();
  readonly #watched = new WeakMap<object, Watched>();
  readonly #ends = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #hangs: string[] = [];
  readonly #mismatches: string[] = [];
  readonly #samples: Sample[] = [];
  #made = 0;
  #done = 0;
  #bytes = 0;
  #work = 0;
  #farWork = 0;
  #renewals = 0;
  #identities: readonly Identity[] = [];
  #worlds: Readonly<Record<Library, World>> | null = null;
  #peer: PeerProcess | null = null;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#content = new Content(options.seed);
  }

  async run(): Promise<SoakResult> {
    await this.#start();
    const watchdog = setInterval(() => void this.#lookForHangs(), 5000);
    await Promise.all(Array.from({ length: this.#options.atOnce }, () => this.#lane()));
    await this.#drain();
    clearInterval(watchdog);
    await this.#stop();
    return {
      ...{ connections: this.#done, bytes: this.#bytes, renewals: this.#renewals },
      ...{ ends: this.#ends, failures: this.#failures },
      ...{ hangs: this.#hangs, mismatches: this.#mismatches, samples: this.#samples },
    };
  }

  get progress(): {
    readonly done: number;
    readonly bytes: number;
    readonly open: number;
    readonly faults: number;
  } {
    const faults = this.#hangs.length + this.#mismatches.length;
    return { done: this.#done, bytes: this.#bytes, open: this.#lanes.size, faults };
  }

  /** Memory as it is once what is not used has been given up. */
  async sample(): Promise<Sample> {
    for (let pass = 0; pass < 4; pass += 1) {
      collectGarbage();
      await turn();
    }
    if (!this.#content.isIntact) this.#note('somebody has written into bytes that sockets were given');
    const sample = { connections: this.#done, bytes: this.#bytes, memory: process.memoryUsage() };
    this.#samples.push(sample);
    return sample;
  }

  async #start(): Promise<void> {
    const { seed, largest, hasTls13, losesWrites, isControl, tls, certificates } = this.#options;
    const settings = { seed, largest, hasTls13, losesWrites, isControl };
    // Wine's Schannel serves RSA only.
    const authority = await TestAuthority.create('CN=soak authority', { key: 'rsa' });
    const other = await TestAuthority.create('CN=another soak authority');
    const made: Identity[] = [];
    for (let count = 0; count < certificates; count += 1) {
      const { cert, key } = await authority.issue({ key: 'rsa' });
      made.push({ cert, key });
    }
    this.#identities = made;
    const [identity] = made;
    if (identity === undefined) throw new Error('the servers need a certificate');
    const common = {
      ...{ identity, ca: authority.certificate.cert, otherCa: other.certificate.cert },
      ended: (report: EndReport) => this.#ended(report),
      failed: (code: string) => this.#failed(code),
    };
    const name = `schannel-soak-${randomUUID()}`;
    const world = (library: Library): World =>
      new World({
        ...common,
        ...{ tls: library === 'ours' ? tls : NODE_TLS, library, name: `${name}-${library}` },
        content: this.#content,
        planOf: (number) => planOf(number, this.#options),
        step: (end) => this.#step(end),
      });
    this.#worlds = { ours: world('ours'), node: world('node') };
    this.#peer = await PeerProcess.start({
      ...common,
      settings,
      name: `${name}-far`,
      stepped: (steps, numbers) => {
        this.#farWork += steps;
        for (const number of numbers) {
          const lane = this.#lanes.get(number);
          if (lane !== undefined) lane.steps += 1;
        }
      },
      broken: (reason) => this.#note(`the other process threw: ${reason}`),
      unopened: (number, reason) => this.#lanes.get(number)?.give('client', reason),
    });
    this.#addresses = {
      ours: await this.#worlds.ours.listen(),
      node: await this.#worlds.node.listen(),
      far: this.#peer.at,
    };
  }

  #addresses: Readonly<Record<Library | 'far', PeerProcess['at']>> | null = null;

  async #lane(): Promise<void> {
    while (!this.#options.isOver(this.#made)) {
      const number = this.#made;
      this.#made += 1;
      const { renewEvery } = this.#options;
      if (number > 0 && renewEvery > 0 && number % renewEvery === 0) this.#renew();
      await this.#one(planOf(number, this.#options));
      this.#done += 1;
    }
  }

  async #one(plan: Plan): Promise<void> {
    const reports: Partial<Record<'client' | 'server', EndReport | string>> = {};
    await new Promise<void>((resolve) => {
      const needed = plan.action === 'exchange' ? (['client', 'server'] as const) : (['client'] as const);
      const give = (role: 'client' | 'server', report: EndReport | string): void => {
        reports[role] = report;
        // A hang, or a client that was not opened: nothing else comes.
        if (typeof report === 'string' || needed.every((each) => reports[each] !== undefined)) resolve();
      };
      this.#lanes.set(plan.number, { plan, steps: 0, give });
      void this.#open(plan, give);
    });
    this.#lanes.delete(plan.number);
    const { client, server } = reports;
    if (client === NOT_SERVED) return;
    if (typeof client === 'string') this.#mismatch(plan, [`the client was not opened: ${client}`]);
    else if (
      plan.action === 'exchange' &&
      client !== undefined &&
      server !== undefined &&
      typeof server !== 'string'
    )
      this.#mismatch(plan, judgeBoth(client, server));
  }

  async #open(plan: Plan, give: Lane['give']): Promise<void> {
    const [worlds, peer, addresses] = [this.#worlds, this.#peer, this.#addresses];
    if (worlds === null || peer === null || addresses === null) throw new Error('the soak has not started');
    const at = plan.server === 'node' && plan.isFar ? addresses.far : addresses[plan.server];
    if (plan.client === 'node' && plan.isFar) {
      peer.tell({ kind: 'open', number: plan.number, at });
      return;
    }
    const end = await worlds[plan.client].open(plan, at, worlds[plan.server]);
    if (typeof end === 'string') give('client', end);
    else this.#ended(await end.over);
  }

  #ended(report: EndReport): void {
    this.#bytes += report.got;
    const { number, role } = report;
    if (number === null) {
      this.#failed(report.errors[0] ?? (report.hasEnded ? 'short' : 'closed'));
      return;
    }
    const plan = planOf(number, this.#options);
    if (isNeverServed(report, plan)) {
      count(this.#failures, 'ETIMEDOUT of a pipe');
      this.#lanes.get(number)?.give(role, NOT_SERVED);
      return;
    }
    const actor = plan.action === 'exchange' ? '' : role === plan.actor ? ', who does it' : ', left alone';
    count(this.#ends, `${plan.action}${actor}: ${wordOf(report, plan)}`);
    this.#mismatch(plan, judgeEnd(report, plan));
    this.#lanes.get(number)?.give(role, report);
  }

  #failed(code: string): void {
    count(this.#failures, code);
    if (!ALLOWED_FAILURES.includes(code)) this.#note(`a connection failed with ${code} on a server`);
  }

  #mismatch(plan: Plan, faults: readonly string[]): void {
    if (faults.length === 0) return;
    this.#note(`${faults.join('; ')}\n    ${describePlan(plan)}`);
  }

  #note(mismatch: string): void {
    this.#mismatches.push(mismatch);
    this.#options.say(`  mismatch: ${mismatch}`);
  }

  #step(end: End): void {
    this.#work += 1;
    const lane = end.plan === null ? undefined : this.#lanes.get(end.plan.number);
    if (lane !== undefined) lane.steps += 1;
  }

  #renew(): void {
    this.#renewals += 1;
    const identity = this.#identities[this.#renewals % this.#identities.length];
    if (identity === undefined) return;
    for (const world of Object.values(this.#worlds ?? {})) world.renew(identity);
    this.#peer?.tell({ kind: 'renew', identity });
  }

  // ---- hangs ------------------------------------------------------------------------------------------------------

  async #lookForHangs(): Promise<void> {
    // What is known of the other process is no older than what is known here.
    await this.#peer?.live();
    for (const lane of this.#lanes.values()) {
      if (!this.#isStalled(lane)) continue;
      const { plan, give } = lane;
      const far = plan.isFar ? ((await this.#peer?.live())?.ends ?? []) : [];
      // All that the other process had said before is known now: the connection may be over.
      if (!this.#lanes.has(plan.number) || !this.#isStalled(lane)) continue;
      this.#lanes.delete(plan.number);
      const ends = [...this.#liveEnds()].filter((end) => end.plan?.number === plan.number);
      const states = [
        ...ends.map((end) => end.describe()),
        ...far.filter((text) => text.includes(` #${plan.number} `)).map((text) => `far: ${text}`),
      ];
      this.#hang([describePlan(plan), ...states].join('\n    '));
      for (const end of ends) end.giveUp();
      this.#peer?.tell({ kind: 'give up', number: plan.number });
      give('server', 'hang');
    }
    for (const end of this.#liveEnds()) {
      const isOfLane = end.plan !== null && this.#lanes.has(end.plan.number);
      if (isOfLane || !this.#isStalled(end)) continue;
      this.#hang(
        [end.plan === null ? 'nobody knows whose' : describePlan(end.plan), end.describe()].join('\n    '),
      );
      end.giveUp();
    }
  }

  #hang(text: string): void {
    this.#hangs.push(text);
    this.#options.say(`  hang: ${text}`);
  }

  #isStalled(thing: Lane | End): boolean {
    const now = Date.now();
    const seen = this.#watched.get(thing);
    if (seen?.steps !== thing.steps) {
      this.#watched.set(thing, { steps: thing.steps, work: this.#work, farWork: this.#farWork, time: now });
      return false;
    }
    const idle = now - seen.time;
    const { guard } = this.#options;
    const hasWorked = Math.min(this.#work - seen.work, this.#farWork - seen.farWork) > STALLED_STEPS;
    return (idle > guard && hasWorked) || idle > guard * STALLED_ALONE;
  }

  #liveEnds(): End[] {
    return Object.values(this.#worlds ?? {}).flatMap((world: World) => [...world.live]);
  }

  /** Waits until the ends that were left alone are over, too, or have been found to hang. */
  async #drain(): Promise<void> {
    let before = '';
    let since = Date.now();
    for (;;) {
      const near = this.#liveEnds();
      const far = (await this.#peer?.live())?.ends ?? [];
      if (near.length === 0 && far.length === 0) break;
      const now = far.join('\n    ');
      if (now !== before) [before, since] = [now, Date.now()];
      // The watchdog looks after the near ones.
      else if (far.length > 0 && Date.now() - since > this.#options.guard * STALLED_ALONE) {
        this.#hang(`in the other process: ${now}`);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #stop(): Promise<void> {
    if ((await this.#peer?.live())?.isIntact === false)
      this.#note('somebody has written into bytes that sockets of the other process were given');
    const open = new Map<string, Promise<unknown>>([
      ...Object.entries(this.#worlds ?? {}).map(([name, world]) => [name, world.close()] as const),
      ['far', this.#peer?.close() ?? Promise.resolve()],
    ]);
    const closed = Promise.all([...open].map(([name, closing]) => closing.then(() => open.delete(name))));
    const guard = new AbortController();
    const late = delay(this.#options.guard, 'late', { signal: guard.signal }).catch(() => null);
    if ((await Promise.race([closed, late])) === 'late')
      this.#hang(`servers never close: ${[...open.keys()].join(', ')}`);
    guard.abort();
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
