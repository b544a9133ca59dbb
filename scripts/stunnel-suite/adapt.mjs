/**
 * @typedef {object} Program a program that a section starts for each connection
 * @property {string} file
 * @property {string[]} args without its own name
 */

const SECTION = /^\s*\[(.+)\]\s*$/;
const OPTION = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/;
const ABOUT_VERIFICATION = ['verify', 'verifychain', 'verifypeer'];

/**
 * A configuration of stunnel's tests, with the two changes that users are told to make (docs/tunnel.md): clients that
 * say nothing of verification get "verifyChain = no", because stunnel verifies nobody then; and instead of starting a
 * program for each connection, a server section connects to a service that does.
 *
 * @param {string} text
 * @param {object} parts
 * @param {(program: Program) => Promise<number>} parts.serve resolves to the port of a service for the program
 * @param {(folder: string) => Promise<string>} parts.include resolves to a folder with the same files, adapted
 * @returns {Promise<string>}
 */
export async function adapt(text, { serve, include }) {
  const [head, ...sections] = blocksOf(text);
  const defaults = optionsOf(head);
  const adapted = [];
  for (const block of [head, ...sections]) {
    const own = optionsOf(block);
    const has = (name) => own.has(name) || defaults.has(name);
    const isClient = (own.get('client') ?? defaults.get('client')) === 'yes';
    const lines = [...block];
    if (own.has('include')) {
      const folder = await include(own.get('include'));
      lines.splice(indexOf(lines, 'include'), 1, `include = ${folder}`);
    }
    if (block !== head && isClient && !ABOUT_VERIFICATION.some(has)) lines.push('verifyChain = no');
    if (block !== head && !isClient && own.has('exec')) {
      const [, ...args] = (own.get('execargs') ?? '').split(/\s+/);
      const port = await serve({ file: own.get('exec'), args });
      lines.splice(indexOf(lines, 'exec'), 1, `connect = 127.0.0.1:${port}`);
      if (own.has('execargs')) lines.splice(indexOf(lines, 'execargs'), 1);
    }
    adapted.push(...lines);
  }
  return `${adapted.join('\n')}\n`;
}

/** What stands before the first section, and each section. */
function blocksOf(text) {
  const blocks = [[]];
  for (const line of text.split(/\r?\n/)) {
    if (SECTION.test(line)) blocks.push([]);
    blocks.at(-1).push(line);
  }
  return blocks;
}

const nameIn = (line) => OPTION.exec(line)?.[1].toLowerCase();

const optionsOf = (lines) =>
  new Map(lines.filter((line) => OPTION.test(line)).map((line) => [nameIn(line), OPTION.exec(line)[2]]));

const indexOf = (lines, name) => lines.findIndex((line) => nameIn(line) === name);
