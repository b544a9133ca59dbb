import tls from 'node:tls';

/** What applies if an option is not given: properties that node:tls and this package export. */
export interface TlsDefaults {
  readonly minVersion: string;
  readonly maxVersion: string;
  readonly ciphers: string;
}

/** The exports of node:tls, or of this package. */
type Exported = Pick<typeof tls, 'DEFAULT_MIN_VERSION' | 'DEFAULT_MAX_VERSION' | 'DEFAULT_CIPHERS'>;

const defaultsIn = (exports: Exported): TlsDefaults => ({
  minVersion: exports.DEFAULT_MIN_VERSION,
  maxVersion: exports.DEFAULT_MAX_VERSION,
  ciphers: exports.DEFAULT_CIPHERS,
});

/** As the process was started, including options such as `--tls-min-v1.3`. */
const INITIAL = defaultsIn(tls);

let exported: Exported = tls;

/** From now on, the properties of these exports count before those of node:tls. */
export function useExportedDefaults(exports: Exported): void {
  exported = exports;
}

/** The defaults now. A program may have set ours or, not knowing of us, those of node:tls; ours count first. */
export function tlsDefaults(): TlsDefaults {
  const [own, node] = [defaultsIn(exported), defaultsIn(tls)];
  const now = (name: keyof TlsDefaults): string => (own[name] === INITIAL[name] ? node[name] : own[name]);
  return { minVersion: now('minVersion'), maxVersion: now('maxVersion'), ciphers: now('ciphers') };
}
