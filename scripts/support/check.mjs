import { fileURLToPath } from 'node:url';

/**
 * Lets a check of the repository run by itself as well: prints what is wrong and sets the exit code.
 * @param {string} url `import.meta.url` of the check
 * @param {() => string[] | Promise<string[]>} check returns what is wrong, one sentence each
 */
export async function runIfMain(url, check) {
  if (fileURLToPath(url) !== process.argv[1]) return;
  const problems = await check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
