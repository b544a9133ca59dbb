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
  const pid = system.isWindows ? listenerIn(await system.run('netstat.exe', '-ano'), port) : null;
  if (pid === null) return code === 'EACCES' ? { state: 'denied' } : { state: 'taken', pid, name: null };
  if (pid === system.pid) return { state: 'own' };
  if (pid === SYSTEM_PROCESS) return { state: 'http.sys' };
  const list = await system.run('tasklist.exe', '/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH');
  const [, name] = /^"([^"]+)",/m.exec(list) ?? [];
  return { state: 'taken', pid, name: name === undefined ? null : printable(name) };
}

/** Its words are in the language of Windows; a listener is a line without a peer. */
function listenerIn(table: string, port: number): number | null {
  for (const line of table.split('\n')) {
    const [protocol, local = '', peer = '', , pid] = line.trim().split(/\s+/);
    if (protocol === 'TCP' && local.endsWith(`:${port}`) && peer.endsWith(':0')) return Number(pid);
  }
  return null;
}

const THIS_SYSTEM: PortSystem = {
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
      return (await promisify(execFile)(file, args, { windowsHide: true, timeout: 10_000 })).stdout;
    } catch {
      return '';
    }
  },
  isWindows: process.platform === 'win32',
  pid: process.pid,
};
