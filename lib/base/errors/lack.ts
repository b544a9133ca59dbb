/** A status of Windows, and the call that it is of. */
interface Refusal {
  readonly status: number;
  readonly syscall: string;
}

/** E_OUTOFMEMORY, and E_FAIL of a thread that could not be made. */
const LACKS: ReadonlySet<number> = new Set([0x8007000e, 0x80004005]);

/** As {@link LACKS}, and what SSPI says of it: SEC_E_INSUFFICIENT_MEMORY. */
export const isLack = (status: number): boolean => LACKS.has(status >>> 0) || status >>> 0 === 0x80090300;

/**
 * What a native call threw because there was no memory for it, or no thread for its worker: Windows was not called.
 * @throws anything else, which is a mistake of the caller
 */
export function lackOf(thrown: unknown): Refusal {
  if (thrown instanceof Error && 'status' in thrown && 'syscall' in thrown) {
    const { status, syscall } = thrown;
    if (typeof status === 'number' && typeof syscall === 'string' && LACKS.has(status)) {
      return { status, syscall };
    }
  }
  throw thrown;
}
