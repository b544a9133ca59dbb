import type { CertificateSearch } from '../tls/identity/search.js';
import type { ServiceState } from '../web.js';
import type { Duration } from './arguments.js';
import { untilEnded } from './ending.js';

/** A certificate of the Windows store that a command uses with its key. */
export interface NeededCertificate {
  /** Criteria of the certificate, and its store; without one it is CurrentUser\\MY. */
  readonly search: CertificateSearch;
  /** Whether the command does not run without it. */
  readonly required: boolean;
}

/** What a command needs, for who runs it with the rights of another account. */
export interface CommandNeeds {
  /** Files that decide what it does, as on the command line: settings, certificates and keys. */
  readonly files: readonly string[];
  /** Other paths on the command line, such as a folder to serve. */
  readonly paths?: readonly string[];
  readonly certificates: readonly NeededCertificate[];
  /** Whether it adds certificates to their stores. */
  readonly changesStores?: boolean;
  /** Milliseconds that its end may take, at most. */
  readonly stopsWithin: number;
}

/** Who has a command run that goes on until it is ended: a person at a console, or Windows as a service. */
export interface Lifecycle {
  /**
   * Is called once the command knows what it needs, before it opens anything.
   * @returns false if it is only asked: it returns then
   */
  readonly begin: (needs: () => CommandNeeds) => boolean;
  /**
   * Until the command is ended: by Ctrl+C or the service manager, or when the time of --for is over. The signal says
   * that nobody waits any more.
   */
  readonly untilEnded: (limit: Duration | undefined, signal?: AbortSignal) => Promise<void>;
  /** Calls back each time that settings shall be read again. @returns a function that ends it */
  readonly onReload: (reload: () => Promise<void>) => () => void;
  /** Is told each state once, as ServiceHost of schannel/web. */
  readonly report: (state: ServiceState) => void;
}

/** A person at a console. */
export const CONSOLE: Lifecycle = {
  begin: () => true,
  untilEnded,
  // On Windows this signal means that the console has gone.
  onReload: (reload) => {
    if (process.platform === 'win32') return () => undefined;
    const again = (): void => {
      // The command itself says what is wrong.
      void reload().catch(() => undefined);
    };
    process.on('SIGHUP', again);
    return () => void process.off('SIGHUP', again);
  },
  report: () => undefined,
};
