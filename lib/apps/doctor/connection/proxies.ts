import type { ProxySetting } from './evidence.js';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'] as const;

/** The proxies that the environment names for this host, as curl and others read them. */
export function proxiesFor(host: string, port: number, env: Environment): ProxySetting[] {
  if (isExcepted(host, port, valueOf(env, 'NO_PROXY') ?? '')) return [];
  return VARIABLES.flatMap((variable) => {
    const url = valueOf(env, variable);
    return url === undefined ? [] : [{ variable, url: withoutAccount(url) }];
  });
}

/** Names are written in capitals or not. */
function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name] ?? env[name.toLowerCase()];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

/** An address in brackets, as URLs have it, is that address. */
const bare = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, '');

function isExcepted(host: string, port: number, list: string): boolean {
  const name = bare(host);
  return list
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .some((each) => {
      if (each === '*') return true;
      const [, pattern = each, at] = /^(.*?[^:]):(\d+)$/.exec(each) ?? [];
      if (at !== undefined && Number(at) !== port) return false;
      const domain = bare(pattern).replace(/^\*?\./, '');
      return name === domain || name.endsWith(`.${domain}`);
    });
}

/** A password is nobody's business. What cannot be read is not shown at all. */
function withoutAccount(text: string): string {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    return `${url.protocol}//${url.host}`;
  } catch {
    return '(not a URL)';
  }
}
