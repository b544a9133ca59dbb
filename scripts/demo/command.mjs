import { spawn } from 'node:child_process';

/**
 * Runs the command line in the Windows node.
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
