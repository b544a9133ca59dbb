import { toError } from '../../base/errors/to-error.js';

/** Something that runs until it is closed, such as a site. */
export interface Runnable {
  close(): Promise<unknown>;
}

/**
 * How far a service is, in the states of a Windows service (SERVICE_STATUS). `within` is how many milliseconds the
 * state may last, if that is known: a service manager takes a service for hung after that. `error` is why it ended by
 * itself.
 */
export type ServiceState =
  | { readonly state: 'starting' }
  | { readonly state: 'running' }
  | { readonly state: 'stopping'; readonly within: number | null }
  | { readonly state: 'stopped'; readonly error: Error | null };

/** Who runs a service: a console, a program that wraps services, or Windows. */
export interface ServiceHost {
  /** Settles when the service shall stop, at any time. */
  readonly stop: Promise<unknown>;
  /** Is told each state once, in order. */
  readonly report?: ((state: ServiceState) => void) | undefined;
  /** Milliseconds that stopping may take; what it is told with 'stopping'. Default unknown. */
  readonly stopsWithin?: number | undefined;
}

/**
 * Runs something from its start to its end, and tells its host. It stops when the host says so; if that comes while it
 * starts, it stops as soon as it has started.
 *
 * @returns what `close()` returns
 * @throws what `start()` or `close()` throws, after the host was told
 */
export async function runService<Service extends Runnable>(
  start: () => Promise<Service>,
  { stop, report = () => undefined, stopsWithin }: ServiceHost,
): Promise<Awaited<ReturnType<Service['close']>>> {
  report({ state: 'starting' });
  try {
    const service = await start();
    report({ state: 'running' });
    // A host that fails to wait wants no service either.
    await stop.catch(() => undefined);
    report({ state: 'stopping', within: stopsWithin ?? null });
    const result = (await service.close()) as Awaited<ReturnType<Service['close']>>;
    report({ state: 'stopped', error: null });
    return result;
  } catch (error) {
    report({ state: 'stopped', error: toError(error) });
    throw error;
  }
}
