/**
 * The part of the native add-on for processes and threads: named kernel objects, which Windows destroys when their
 * process ends, and the end of the process itself. The rest is in binding.ts and store-binding.ts.
 */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/** A named object (an event that is never signalled) that exists as long as it is open. */
export interface NativeLivenessMarker {
  /** Removes the marker; idempotent. */
  close(): void;
}

/** A named mutex that is held by a separate thread. */
export interface NativeLock {
  /** The previous holder ended without releasing it, so what it protects may be half changed (WAIT_ABANDONED). */
  readonly abandoned: boolean;
  /**
   * Releases it; idempotent.
   * @param callback called when others can get it
   */
  release(callback: Callback<NativeEnd>): void;
}

/** An account or a group of Windows. */
export interface NativeAccount {
  /** Its security identifier. */
  readonly sid: Uint8Array;
  /** 'NT AUTHORITY'; '' if it has none. */
  readonly domain: string;
  readonly name: string;
  /** SID_NAME_USE: 1 user, 2 group, 4 alias, 5 well-known group. */
  readonly use: number;
}

/** The functions; part of {@link Native}. */
export interface NativeProcesses {
  /**
   * @param name 'Global\\name' for the whole machine, 'Local\\name' for this session of Windows
   * @throws NativeFailure ERROR_ALREADY_EXISTS (183) if it exists; ERROR_ACCESS_DENIED (5) for 'Global\\' in an app
   *   container
   */
  createLivenessMarker(name: string): NativeLivenessMarker;
  /** TokenIsAppContainer of this process. @throws NativeFailure */
  isAppContainer(): boolean;
  /** Whether there is a marker of this name; also true if this process may not open it. @throws NativeFailure */
  isAlive(name: string): boolean;
  /**
   * Waits for a lock that all processes of this user share, without occupying a worker. `-` and the user's SID are
   * appended to the name, and only this user may open it. ERROR_TIMEOUT (1460) if others hold it too long,
   * ERROR_ACCESS_DENIED (5) if another account created it.
   * @param timeout milliseconds; 0 does not wait
   */
  acquireLock(name: string, timeout: number, callback: Callback<NativeOutcome<NativeLock>>): void;
  /** LookupAccountNameW on this machine; may ask a domain. ERROR_NONE_MAPPED (1332) if there is no such account. */
  accountOfName(name: string, callback: Callback<NativeOutcome<NativeAccount>>): void;
  /** LookupAccountSidW on this machine, as {@link accountOfName}. */
  accountOfSid(sid: Uint8Array, callback: Callback<NativeOutcome<NativeAccount>>): void;
  /**
   * For listeners of 'exit', when the event loop has stopped: from now on, calls to the add-on call back before they
   * return, and not at all if they exceed the timeout. Calls made before do not call back: those that have not begun
   * are dropped, and those that run are awaited until Windows has released their handles.
   * @param settling milliseconds for all calls that run
   * @param timeout milliseconds for all later calls together
   */
  finish(settling: number, timeout: number): void;
}
