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
  const bytes = await bytesOf(request);
  if (bytes.length === 0) return {};
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const document = objectOf(JSON.parse(text));
    if (document !== null) return document;
  } catch {
    // Reported below.
  }
  throw new Refusal(400, 'not a JSON object');
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LONGEST) break;
      chunks.push(chunk);
    }
  } catch {
    // The client has gone. Nobody gets this answer, and the log gets no line.
    throw new Refusal(400, 'incomplete');
  }
  if (size > LONGEST) throw tooLong();
  return Buffer.concat(chunks);
}

const tooLong = (): Refusal => new Refusal(413, `more than ${LONGEST} bytes`);
