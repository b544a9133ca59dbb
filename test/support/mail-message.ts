import { createHash } from 'node:crypto';

/** A whole message whose body has this many bytes (line ends counted); dots at line starts and long lines included. */
export function messageOf(bytes: number): Buffer {
  const header = Buffer.from(`From: a@mail.test\r\nTo: b@mail.test\r\nSubject: ${bytes} bytes\r\n\r\n`);
  const lines = ['.', '..', '', `.${'x'.repeat(70)}`, 'y'.repeat(76), 'z'.repeat(900), 'From the start'];
  const cycle = Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
  const body = Buffer.alloc(bytes, cycle);
  // A body that ends inside a line end would not come back as it went.
  if (bytes > 0) body.fill('e', Math.max(0, bytes - 2));
  return Buffer.concat([header, body, Buffer.from('\r\n')]);
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
