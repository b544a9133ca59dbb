import { randomUUID } from 'node:crypto';
import path from 'node:path';

/** The path of a file until it is complete: in the same folder, and never used before. */
export const temporaryName = (target: string): string =>
  path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}.tmp`);

const REST = /^\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/;

/** Whether {@link temporaryName} made the name for this file, which may be written in another case. */
export function isTemporaryOf(target: string, name: string): boolean {
  const start = `.${path.basename(target)}`;
  return (
    name.slice(0, start.length).toLowerCase() === start.toLowerCase() && REST.test(name.slice(start.length))
  );
}
