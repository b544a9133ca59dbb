import { spawn } from 'node:child_process';

/**
 * Runs a Unix program and resolves to its standard output. A failure is an `Error` whose message ends with
 * what the program said and whose `stderr` holds it whole.
 */
export function command(program, args, { cwd, env, input, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    const out = [];
    const err = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    if (input) input.pipe(child.stdin);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const stderr = Buffer.concat(err).toString().trim();
      const error = new Error(
        `${program} ${signal ? `was ended by ${signal}` : `failed with exit code ${code}`}: ${stderr}`,
      );
      reject(Object.assign(error, { stderr }));
    });
  });
}
