/** A class that can also be called without `new`, as those of node:tls can. */
export type Callable<Class extends new (...args: never[]) => object> = Class &
  ((...args: ConstructorParameters<Class>) => InstanceType<Class>);

/**
 * The class as programs get it. `instanceof`, subclasses and `object.constructor` do not distinguish the two. A
 * function that inherits from it in the style of ES5 (`TLSSocket.call(this)`) gets a new object.
 */
export function callable<Class extends new (...args: never[]) => object>(Class: Class): Callable<Class> {
  const proxy = new Proxy(Class, {
    apply: (target, _receiver, args) => Reflect.construct(target, args) as object,
  }) as Callable<Class>;
  Object.defineProperty(Class.prototype, 'constructor', {
    value: proxy,
    writable: true,
    configurable: true,
  });
  return proxy;
}
