import { tracingChannel, type TracingChannelSubscribers } from 'node:diagnostics_channel';

/** What a subscriber of `tracing:schannel.NAME:…` hears, until it stops. */
export class Followed {
  /** The events in order, 'start' or 'asyncEnd', each with its message as it was then. */
  readonly heard: { event: string; message: Record<string, unknown> }[] = [];
  readonly #channel;
  readonly #subscribers: TracingChannelSubscribers<Record<string, unknown>>;

  constructor(name: string) {
    const note = (event: string) => (message: object) =>
      void this.heard.push({ event, message: { ...message } });
    this.#subscribers = {
      start: note('start'),
      end: note('end'),
      asyncStart: note('asyncStart'),
      asyncEnd: note('asyncEnd'),
      error: note('error'),
    };
    this.#channel = tracingChannel<unknown, Record<string, unknown>>(`schannel.${name}`);
    this.#channel.subscribe(this.#subscribers);
  }

  get events(): string[] {
    return this.heard.map(({ event }) => event);
  }

  /** What is known when an operation ended, of the last one. */
  get last(): Record<string, unknown> {
    const { message } = this.heard.filter(({ event }) => event === 'asyncEnd').at(-1) ?? { message: {} };
    return message;
  }

  stop(): void {
    this.#channel.unsubscribe(this.#subscribers);
  }
}

/** Follows while `work` runs. */
export async function following<Value>(
  name: string,
  work: (followed: Followed) => Promise<Value>,
): Promise<Followed> {
  const followed = new Followed(name);
  try {
    await work(followed);
  } finally {
    followed.stop();
  }
  return followed;
}
