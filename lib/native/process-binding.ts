/**
 * The part of the native add-on by which the processes of a machine, and the threads of a process, take heed of each
 * other: named objects of the kernel, which Windows gives back when their process ends, however it ends. The rest is in
 * binding.ts and store-binding.ts.
 */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/** A named object (an event that nobody signals) which is there as long as it is open. */
export interface NativeLivenessMarker {
  /** Removes the marker; idempotent. */
  close(): void;
}

/** A named mutex that is held, by a thread of its own. */
export interface NativeLock {
  /** The one who had it before ended without giving it back: what it guards may be half done (WAIT_ABANDONED). */
  readonly abandoned: boolean;
  /**
   * Gives it back; idempotent.
   * @param callback when others can have it
   */
  release(callback: Callback<NativeEnd>): void;
}

/** The functions; part of {@link Native}. */
export interface NativeProcesses {
  /**
   * @param name 'Global\\name' for the whole machine, 'Local\\name' for this session of Windows
   * @throws NativeFailure ERROR_ALREADY_EXISTS (183) when there is one; ERROR_ACCESS_DENIED (5) for 'Global\\' in an
   * app container
   */
  createLivenessMarker(name: string): NativeLivenessMarker;
  /** By the token of this process (TokenIsAppContainer). @throws NativeFailure */
  isAppContainer(): boolean;
  /** Whether there is a marker of this name; also true if this process may not open it. @throws NativeFailure */
  isAlive(name: string): boolean;
  /**
   * Waits for the lock that all processes of this user have under this name, without keeping a worker; `-` and the
   * user's SID are put behind it, and only this user may open it. ERROR_TIMEOUT (1460) when others have it too long,
   * ERROR_ACCESS_DENIED (5) when another account has made it.
   * @param timeout milliseconds; 0 does not wait
   */
  acquireLock(name: string, timeout: number, callback: Callback<NativeOutcome<NativeLock>>): void;
  /**
   * For the listeners of 'exit', when there is no event loop any more: calls to the add-on from now on call back before
   * they return. Those that need longer, all of them together, do not call back. Nor do those that were made before:
   * what has not begun is left undone, and what is under way is waited for, until Windows has its handles back.
   * @param settling milliseconds, for what is under way
   * @param timeout milliseconds, for what is called from now on
   */
  finish(settling: number, timeout: number): void;
}
