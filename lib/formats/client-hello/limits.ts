/** Bounds on the first message of a stranger. */
export interface HelloLimits {
  /**
   * Bytes of records that a hello may take. Honest ones have 200 to 2,000, a few kilobytes more with post-quantum keys
   * and tickets; Schannel takes a message of 16 KiB unless the machine is configured otherwise (SCHANNEL\Messaging), and
   * the headers of small records come on top. What a stranger sends is read on the event loop: ten thousand names of
   * application protocols have room here.
   */
  readonly helloBytes: number;
}

export const HELLO_LIMITS: HelloLimits = Object.freeze({ helloBytes: 20 * 1024 });
