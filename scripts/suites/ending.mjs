/**
 * Waits for a program to end and puts the end into words; a crash of native code comes with its backtrace.
 * @param {import('node:child_process').ChildProcess} child of this machine or of the rig
 * @param {number} [timeoutMs] after which it is killed
 * @returns {Promise<{ code: number | null, signal: string | null, crashed: boolean, how: string }>}
 */
export function endOf(child, timeoutMs) {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer =
      timeoutMs &&
      setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const how = late ? `it ran for more than ${timeoutMs / 1000} s` : describe(child, code, signal);
      resolve({ code, signal, crashed: Boolean(child.crash), how });
    });
  });
}

function describe(child, code, signal) {
  if (child.crash) return child.crash.text;
  if (code === null) return `it was ended by ${signal}`;
  return `it ended with code ${code > 255 ? `0x${code.toString(16)}` : code}`;
}
