/** A request that is not fulfilled, as the client is told. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /**
   * @param status of HTTP
   * @param message for the client and the log: it has nothing of secrets
   * @param wait after so many milliseconds, it may succeed
   */
  constructor(
    readonly status: number,
    message: string,
    readonly wait: number | null = null,
  ) {
    super(message);
  }
}
