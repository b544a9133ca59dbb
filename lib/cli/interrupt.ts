/** Runs a task that Ctrl+C, or a request to end, is to end in order. A second one ends the process at once. */
export async function interruptible<Value>(task: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const abort = new AbortController();
  const end = (): void => {
    abort.abort();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    return await task(abort.signal);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
