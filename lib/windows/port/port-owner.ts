import { execFile } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../base/errors/error-code.js';
import { printable } from '../../base/text/printable.js';

/** Who has a port of this machine. */
export type PortOwner =
  | { readonly state: 'free' }
  /** This process may not have it. */
  | { readonly state: 'denied' }
  /** A server of this process. */
  | { readonly state: 'own' }
  /** Windows' HTTP service (http.sys), for IIS, WinRM, WCF and others. */
  | { readonly state: 'http.sys' }
  /** @property name of the program; null if it isn't known */
  | { readonly state: 'taken'; readonly pid: number | null; readonly name: string | null };

/** Something that listens on a port of this machine. */
export interface PortListener {
  /** '0.0.0.0' and '::' are every address. */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** 'http.sys', or the name of the program; null if it isn't known. */
  readonly program: string | null;
}

/** What is asked of the system; another one in tests. */
export interface PortSystem {
  /** '' if the port could be had; otherwise the code of the error. */
  tryPort(port: number): Promise<string>;
  /** What a program of Windows prints; '' if it can't be run. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  readonly isWindows: boolean;
  readonly pid: number;
}

/** The kernel. In Windows, only http.sys listens there. */
const SYSTEM_PROCESS = 4;

/**
 * What listens on ports, without trying to listen there.
 *
 * @returns null if it can't be found out
 */
export async function listenersOn(
  ports: ReadonlySet<number>,
  system: PortSystem = THIS_SYSTEM,
): Promise<readonly PortListener[] | null> {
  if (!system.isWindows) return null;
  const all = listenersIn(await system.run('netstat.exe', '-ano'));
  // Something always listens on a Windows.
  if (all.length === 0) return null;
  const programs = new Map<number, Promise<string | null>>();
  const programOf = (pid: number): Promise<string | null> => {
    const known =
      programs.get(pid) ?? (pid === SYSTEM_PROCESS ? Promise.resolve(HTTP_SYS) : nameOf(pid, system));
    programs.set(pid, known);
    return known;
  };
  const found: PortListener[] = [];
  for (const listener of all.filter(({ port }) => ports.has(port))) {
    found.push({ ...listener, program: await programOf(listener.pid) });
  }
  return found;
}

const HTTP_SYS = 'http.sys';

/** Listens on the port for a moment, and asks who has it if that fails. */
export async function portOwner(port: number, system: PortSystem = THIS_SYSTEM): Promise<PortOwner> {
  const code = await system.tryPort(port);
  return code === '' ? { state: 'free' } : ownerOf(port, code, system);
}

/**
 * Why a port can't be listened on, as a sentence without its end; null if nobody can say.
 * @param code of the error with which listening failed
 */
export async function whyNotListen(
  port: number,
  code: string,
  system: PortSystem = THIS_SYSTEM,
): Promise<string | null> {
  if (!system.isWindows || (code !== 'EADDRINUSE' && code !== 'EACCES')) return null;
  const owner = await ownerOf(port, code, system);
  switch (owner.state) {
    case 'own':
      return 'this process listens there already';
    case 'http.sys':
      return "Windows' HTTP service (http.sys) listens there, for IIS, WinRM or another program";
    case 'taken':
      if (owner.pid === null) return null;
      return `process ${owner.pid}${owner.name === null ? '' : ` (${owner.name})`} listens there`;
    default: {
      const range = rangeWith(
        port,
        await system.run('netsh.exe', 'interface', 'ipv4', 'show', 'excludedportrange', 'protocol=tcp'),
      );
      return range && `Windows has reserved the ports ${range.first} to ${range.last}, often for Hyper-V`;
    }
  }
}

/** A table of first and last ports, with words in the language of Windows around it. */
function rangeWith(port: number, table: string): { readonly first: number; readonly last: number } | null {
  for (const line of table.split('\n')) {
    const [, first, last] = /^\s*(\d+)\s+(\d+)\s*\*?\s*$/.exec(line) ?? [];
    if (Number(first) <= port && port <= Number(last)) return { first: Number(first), last: Number(last) };
  }
  return null;
}

async function ownerOf(port: number, code: string, system: PortSystem): Promise<PortOwner> {
  const listeners = system.isWindows ? listenersIn(await system.run('netstat.exe', '-ano')) : [];
  const pid = listeners.find((each) => each.port === port)?.pid ?? null;
  if (pid === null) return code === 'EACCES' ? { state: 'denied' } : { state: 'taken', pid, name: null };
  if (pid === system.pid) return { state: 'own' };
  if (pid === SYSTEM_PROCESS) return { state: 'http.sys' };
  return { state: 'taken', pid, name: await nameOf(pid, system) };
}

/** The program of a process; null if it isn't known. */
async function nameOf(pid: number, system: PortSystem): Promise<string | null> {
  const list = await system.run('tasklist.exe', '/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH');
  const [, name] = /^"([^"]+)",/m.exec(list) ?? [];
  return name === undefined ? null : printable(name);
}

/** Its words are in the language of Windows. A listener is a line without a peer. */
function listenersIn(table: string): Omit<PortListener, 'program'>[] {
  const found: Omit<PortListener, 'program'>[] = [];
  for (const line of table.split('\n')) {
    const [, address = '', port, pid] = LISTENER.exec(line) ?? [];
    if (pid !== undefined)
      found.push({ address: address.replace(/[[\]]/g, ''), port: Number(port), pid: Number(pid) });
  }
  return found;
}

const LISTENER = /^\s*TCP\s+(\S+):(\d+)\s+\S+:0\s.*\s(\d+)\s*$/;

/** A busy server has many connections, and each is a line. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** This machine. */
export const THIS_SYSTEM: PortSystem = {
  tryPort: (port) =>
    new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', (error) => {
        resolve(errorCode(error));
      });
      server.listen({ port, exclusive: true }, () => {
        server.close(() => {
          resolve('');
        });
      });
    }),
  async run(program, ...args) {
    const file = path.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', program);
    try {
      const limits = { windowsHide: true, timeout: 10_000, maxBuffer: MOST_OUTPUT };
      return (await promisify(execFile)(file, args, limits)).stdout;
    } catch {
      return '';
    }
  },
  isWindows: process.platform === 'win32',
  pid: process.pid,
};
