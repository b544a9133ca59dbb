import { getSystemErrorMap } from 'node:util';
import { errorFromStatus } from '../../base/errors/from-status.js';
import type { NativeEnd } from '../../native/store-binding.js';

/** Node's names for Windows' errors, as in libuv (src/win/error.c). */
const CODES: ReadonlyMap<number, string> = new Map([
  [2, 'ENOENT'], // ERROR_FILE_NOT_FOUND
  [3, 'ENOENT'], // ERROR_PATH_NOT_FOUND
  [5, 'EPERM'], // ERROR_ACCESS_DENIED
  [19, 'EROFS'], // ERROR_WRITE_PROTECT
  [32, 'EBUSY'], // ERROR_SHARING_VIOLATION
  [33, 'EBUSY'], // ERROR_LOCK_VIOLATION
  [39, 'ENOSPC'], // ERROR_HANDLE_DISK_FULL
  [80, 'EEXIST'], // ERROR_FILE_EXISTS
  [112, 'ENOSPC'], // ERROR_DISK_FULL
  [123, 'ENOENT'], // ERROR_INVALID_NAME
  [183, 'EEXIST'], // ERROR_ALREADY_EXISTS
  [206, 'ENAMETOOLONG'], // ERROR_FILENAME_EXCED_RANGE
  [1314, 'EPERM'], // ERROR_PRIVILEGE_NOT_HELD
]);

/** An error like node:fs's; for an error without a name there, one of this library. */
export function fileError({ status, syscall }: NativeEnd, path: string): Error {
  const code = CODES.get(status);
  const known = [...getSystemErrorMap()].find(([, [name]]) => name === code);
  if (known === undefined) {
    return errorFromStatus({ status, syscall, phase: 'store', operation: `${path} could not be written` });
  }
  const [errno, [name, what]] = known;
  return Object.assign(new Error(`${name}: ${what}, ${syscall} '${path}'`), {
    errno,
    code: name,
    syscall,
    path,
  });
}
