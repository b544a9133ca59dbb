/** Bounds on the first message of a stranger. */
export interface HelloLimits {
  /**
   * Bytes of records that a hello may take. Honest ones have 200 to 2,000, a few kilobytes more with post-quantum keys
   * and tickets; Schannel takes 16 KiB unless the machine is configured otherwise (SCHANNEL\Messaging).
   */
  readonly helloBytes: number;
}

export const HELLO_LIMITS: HelloLimits = Object.freeze({ helloBytes: 64 * 1024 });
