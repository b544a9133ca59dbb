import type { PortListener } from '../../windows/port/port-owner.js';
import type { BindingKey } from '../../windows/binding/key.js';
import { type BindingSystem, thisSystem } from './system.js';

/**
 * What listens where a binding counts: http.sys, as soon as a program has asked it for addresses of the port, or
 * another program, to whose connections no binding applies. Needs no administrator.
 *
 * @param binding one of listBindings(), or what is known of its port
 * @returns null if it can't be found out; an empty list if nothing listens
 */
export async function bindingListeners(
  { port, address }: Pick<BindingKey, 'port' | 'address'>,
  system: Pick<BindingSystem, 'listenersOn'> = thisSystem(),
): Promise<readonly PortListener[] | null> {
  const found = await system.listenersOn(new Set([port]));
  if (address === null || EVERY.has(address)) return found;
  return found?.filter((each) => each.address === address || EVERY.has(each.address)) ?? null;
}

/** Every address. */
const EVERY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
