import type { IncomingMessage } from 'node:http';
import { type JsonObject, objectOf } from '../http/json.js';
import { Refusal } from './refusal.js';

/** A request has some hundred bytes. */
const LONGEST = 4096;

/**
 * Reads a JSON object.
 *
 * @throws Refusal 413 if it is too long, and 400 if it is none. The rest of a long one is not read.
 */
export async function jsonBody(request: IncomingMessage): Promise<JsonObject> {
  if (Number(request.headers['content-length'] ?? 0) > LONGEST) throw tooLong();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST) throw tooLong();
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
    const document = objectOf(JSON.parse(text));
    if (document !== null) return document;
  } catch {
    // Reported below.
  }
  throw new Refusal(400, 'not a JSON object');
}

const tooLong = (): Refusal => new Refusal(413, `more than ${LONGEST} bytes`);
