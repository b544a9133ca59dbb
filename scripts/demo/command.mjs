import { spawn } from 'node:child_process';

/**
 * Runs the command line in the Windows node, to its end.
 * @param {{ rig: import('../rig/rig.mjs').Rig | null, node: string, main: string, prefix?: string }} place
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
export async function runSchannel({ rig, node, main, prefix }, args) {
  const env = { ...process.env };
  delete env.SCHANNEL_PASSWORD;
  if (rig !== null) return rig.run(node, [main, ...args], { prefix, env });
  return new Promise((resolve, reject) => {
    const child = spawn(node, [main, ...args], { env, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

/**
 * The same for a command that goes on, on the rig: `stdout`, `kill()` and `finished`.
 * @param {{ rig: import('../rig/rig.mjs').Rig, node: string, main: string, prefix?: string }} place
 */
export const startSchannel = ({ rig, node, main, prefix }, args) =>
  rig.spawn(node, [main, ...args], { prefix, stdin: 'ignore', stderr: 'ignore' });
