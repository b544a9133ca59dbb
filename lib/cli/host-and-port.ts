import { UsageError } from './usage-error.js';

/** A server as it is typed. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const TARGET = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/i;

/** 'mail.example:25', '[::1]:443'. @throws UsageError */
export function parseHostAndPort(text: string): HostAndPort {
  const [, address, name, digits] = TARGET.exec(text) ?? [];
  const host = address ?? name;
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new UsageError(`${text} is not host:port. Put an IPv6 address in brackets: [::1]:443`);
  }
  return { host, port };
}
