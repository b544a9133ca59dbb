import tls from 'node:tls';

/** What counts where an option says nothing: the properties DEFAULT_… that node:tls and this package have. */
export interface TlsDefaults {
  readonly minVersion: string;
  readonly maxVersion: string;
  readonly ciphers: string;
}

const nodes = (): TlsDefaults => ({
  minVersion: tls.DEFAULT_MIN_VERSION,
  maxVersion: tls.DEFAULT_MAX_VERSION,
  ciphers: tls.DEFAULT_CIPHERS,
});

/** As the process was started, `--tls-min-v1.3` and the like included. */
const INITIAL = nodes();

let ours: () => TlsDefaults = nodes;

/** Where this package's own properties are to be read from. */
export function setTlsDefaults(read: () => TlsDefaults): void {
  ours = read;
}

/** The defaults now. A program may have changed ours or, unaware of us, those of node:tls; ours go first. */
export function tlsDefaults(): TlsDefaults {
  const [own, node] = [ours(), nodes()];
  const now = (name: keyof TlsDefaults): string => (own[name] === INITIAL[name] ? node[name] : own[name]);
  return { minVersion: now('minVersion'), maxVersion: now('maxVersion'), ciphers: now('ciphers') };
}
