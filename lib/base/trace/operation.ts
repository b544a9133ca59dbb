import { subscribe, tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** What is told when an operation fails; as in channel.tracePromise(), it is added to the message. */
interface Failure {
  error?: unknown;
}

/** An operation under way that somebody follows. The first end counts. */
export interface Progress<Message extends object> {
  /** @param facts are added to the message */
  succeed(facts: Partial<Message>): void;
  fail(error: unknown): void;
}

/**
 * A kind of operation that programs can follow by a TracingChannel of node:diagnostics_channel. One message goes to
 * all its events. While nobody has subscribed, an operation costs one look at that, and no message is made.
 */
export class Operation<Message extends object> {
  readonly #channel: TracingChannel<unknown, Message & Failure>;

  /** @param name as in `tracing:schannel.NAME:start` */
  constructor(readonly name: string) {
    this.#channel = tracingChannel(`schannel.${name}`);
  }

  /** Calls these with the messages of every operation, from now on. */
  follow(followers: {
    readonly start?: (message: Message) => void;
    /** The message has the property `error` if it failed. */
    readonly end?: (message: Message & Failure) => void;
  }): void {
    const { start, end } = followers;
    const events = `tracing:schannel.${this.name}`;
    if (start) subscribe(`${events}:start`, (message) => start(message as Message));
    if (end) subscribe(`${events}:asyncEnd`, (message) => end(message as Message & Failure));
  }

  /** Does the work, and publishes how it ends. @param factsOf what is added to the message when it is done */
  run<Value>(
    message: () => Message,
    work: () => Promise<Value>,
    factsOf: (value: Value) => Partial<Message>,
  ): Promise<Value> {
    return this.#channel.hasSubscribers ? this.#run(message(), work, factsOf) : work();
  }

  /** Does work that has an operation begin. The caller reports how it ends. */
  begin(message: () => Message, work: () => void): Progress<Message> | null {
    if (!this.#channel.hasSubscribers) {
      work();
      return null;
    }
    const told = message();
    this.#begin(told, work);
    return new Ends(this.#channel, told);
  }

  /** Unlike tracePromise(), it doesn't add the result to the message: that may be a handle of Windows. */
  async #run<Value>(
    told: Message,
    work: () => Promise<Value>,
    factsOf: (value: Value) => Partial<Message>,
  ): Promise<Value> {
    const ends = new Ends<Message>(this.#channel, told);
    let value: Value;
    try {
      value = await this.#begin(told, work);
    } catch (error) {
      ends.fail(error);
      throw error;
    }
    ends.succeed(factsOf(value));
    return value;
  }

  #begin<Value>(told: Message, work: () => Value): Value {
    try {
      return this.#channel.start.runStores(told, work);
    } finally {
      this.#channel.end.publish(told);
    }
  }
}

class Ends<Message extends object> implements Progress<Message> {
  readonly #channel: TracingChannel<unknown, Message & Failure>;
  #message: (Message & Failure) | null;

  constructor(channel: TracingChannel<unknown, Message & Failure>, message: Message & Failure) {
    this.#channel = channel;
    this.#message = message;
  }

  succeed(facts: Partial<Message>): void {
    this.#end(facts);
  }

  fail(error: unknown): void {
    const message = this.#message;
    if (message === null) return;
    message.error = error;
    this.#channel.error.publish(message);
    this.#end({});
  }

  #end(facts: Partial<Message>): void {
    const message = this.#message;
    if (message === null) return;
    this.#message = null;
    Object.assign(message, facts);
    this.#channel.asyncStart.publish(message);
    this.#channel.asyncEnd.publish(message);
  }
}
