import { execFileSync } from 'node:child_process';
import { existsSync, openSync, readSync, closeSync } from 'node:fs';
import { basename } from 'node:path';
import { toUnixPath } from './windows-path.mjs';

/** Exit codes by which a Windows program ends when native code of it failed, with what to call them. */
const FAILURES = new Map([
  [0xc0000005, 'access violation'],
  [0xc0000006, 'in-page error'],
  [0xc000001d, 'illegal instruction'],
  [0xc0000025, 'continued after a fatal exception'],
  [0xc0000094, 'integer division by zero'],
  [0xc0000096, 'privileged instruction'],
  [0xc00000fd, 'stack overflow'],
  [0xc0000135, 'a DLL was not found'],
  [0xc0000138, 'a function of a DLL was not found'],
  [0xc0000139, 'a function of a DLL was not found'],
  [0xc0000142, 'a DLL failed to initialise'],
  [0xc0000374, 'heap corruption'],
  [0xc0000409, 'fast fail (stack buffer overrun, invalid parameter or std::terminate)'],
  [0x80000003, 'breakpoint (failed assertion in native code)'],
  [0x80000100, 'call of a function that Wine does not implement'],
  [0x20474343, 'uncaught C++ exception'],
  [0xe06d7363, 'uncaught C++ exception'],
]);

const ACCESS = new Map([
  [0, 'reading'],
  [1, 'writing'],
  [8, 'executing'],
]);

/**
 * What launch.exe wrote: `{ code }`, with `crash` when the program ended by a failure of native code, or
 * `{ failed }` when it could not be started; `null` when launch.exe was ended before it could write.
 */
export function parseReport(text, prefix) {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.trimEnd());
  const [kind, number, ...rest] = (lines[0] ?? '').split(' ');
  if (kind === 'failed') return { failed: { error: Number(number), call: rest.join(' ') } };
  if (kind !== 'exit') return null;
  const code = Number(number);
  return FAILURES.has(code) ? { code, crash: describe(code, lines.slice(1), prefix) } : { code };
}

function describe(code, lines, prefix) {
  const [, , access, target] = (lines.find((line) => line.startsWith('fault ')) ?? '').split(' ');
  const frames = lines.filter((line) => line.startsWith('frame ')).map((line) => parseFrame(line, prefix));
  let reason = `${FAILURES.get(code)}, 0x${code.toString(16)}`;
  if (code === 0xc0000005 && target)
    reason += `, ${ACCESS.get(Number(access)) ?? 'using'} address 0x${target}`;
  const trace = folded(frames.map(({ where }) => where)).map((where, index) => `  #${index} ${where}`);
  return { code, reason, frames, text: [`native crash: ${reason}`, ...trace].join('\n') };
}

/** Recursion as one line: it is what overflows a stack. */
function folded(places) {
  const lines = [];
  for (let at = 0; at < places.length;) {
    const start = at;
    while (at < places.length && places[at] === places[start]) at++;
    lines.push(at - start > 1 ? `${places[start]} (${at - start} times or more)` : places[start]);
  }
  return lines;
}

function parseFrame(line, prefix) {
  const [, offset, module] = /^frame (\w+) ?(.*)$/.exec(line);
  if (module === '')
    return { module: null, offset: Number(`0x${offset}`), where: `0x${offset} (outside every module)` };
  const file = toUnixPath(module, prefix);
  const place = `${basename(file)}+0x${offset}`;
  const lines = sourceLines(file, Number(`0x${offset}`));
  return {
    module: file,
    offset: Number(`0x${offset}`),
    where: lines.length > 0 ? `${place} ${lines.join(' in ')}` : place,
  };
}

/** Functions and lines of an offset, innermost inlined one first; none without debug information. */
function sourceLines(file, offset) {
  const base = imageBase(file);
  if (base === null) return [];
  try {
    const address = `0x${(base + BigInt(offset)).toString(16)}`;
    const output = execFileSync(
      'x86_64-w64-mingw32-addr2line',
      ['-e', file, '-f', '-C', '-i', '-s', address],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const lines = output.trim().split('\n');
    const pairs = lines.flatMap((line, index) => (index % 2 === 0 ? [`${line} (${lines[index + 1]})`] : []));
    return pairs.filter((pair) => !pair.startsWith('??') && !pair.includes('(??'));
  } catch {
    return [];
  }
}

/** ImageBase of the optional header of a 64-bit PE file. */
function imageBase(file) {
  if (!existsSync(file)) return null;
  const header = Buffer.alloc(4096);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const start = header.readUInt32LE(0x3c);
  return start + 56 <= header.length ? header.readBigUInt64LE(start + 48) : null;
}
