/** The other process: servers and clients of node:tls, told by messages what to do. */
import { Content } from './content.js';
import type { EndReport } from './end.js';
import { planOf, type PlanSettings } from './plan.js';
import { NODE_TLS, World, type Addresses, type Identity } from './world.js';

export type ToPeer =
  | {
      readonly kind: 'start';
      readonly settings: PlanSettings;
      readonly identity: Identity;
      readonly ca: string;
      readonly otherCa: string;
      readonly name: string;
    }
  | { readonly kind: 'open'; readonly number: number; readonly at: Addresses }
  | { readonly kind: 'renew'; readonly identity: Identity }
  | { readonly kind: 'live' }
  | { readonly kind: 'give up'; readonly number: number }
  | { readonly kind: 'close' };

export type FromPeer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly at: Addresses }
  | { readonly kind: 'ended'; readonly report: EndReport }
  | { readonly kind: 'unopened'; readonly number: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: string }
  /** What has been done since the last such message: steps in all, and connections that made some. */
  | { readonly kind: 'steps'; readonly steps: number; readonly numbers: readonly number[] }
  | { readonly kind: 'live'; readonly ends: readonly string[]; readonly isIntact: boolean }
  | { readonly kind: 'broken'; readonly reason: string };

const say = (message: FromPeer): void => void process.send?.(message);

let world: World | null = null;
let content: Content | null = null;
let settings: PlanSettings | null = null;
let steps = 0;
const stepped = new Set<number>();

async function hear(message: ToPeer): Promise<void> {
  switch (message.kind) {
    case 'start': {
      const { identity, ca, otherCa, name } = message;
      const known = (settings = message.settings);
      content = new Content(known.seed);
      world = new World({
        ...{ tls: NODE_TLS, library: 'node', identity, ca, otherCa, name, content },
        planOf: (number) => planOf(number, known),
        step: ({ plan }) => {
          steps += 1;
          if (plan !== null) stepped.add(plan.number);
        },
        ended: (report) => say({ kind: 'ended', report }),
        failed: (code) => say({ kind: 'failed', code }),
      });
      say({ kind: 'listening', at: await world.listen() });
      setInterval(() => {
        say({ kind: 'steps', steps, numbers: [...stepped] });
        steps = 0;
        stepped.clear();
      }, 1000).unref();
      break;
    }
    case 'open': {
      if (world === null || settings === null) return;
      const end = await world.open(planOf(message.number, settings), message.at, world);
      if (typeof end === 'string') say({ kind: 'unopened', number: message.number, reason: end });
      else say({ kind: 'ended', report: await end.over });
      break;
    }
    case 'renew':
      world?.renew(message.identity);
      break;
    case 'live':
      say({
        kind: 'live',
        ends: [...(world?.live ?? [])].map((end) => end.describe()),
        isIntact: content?.isIntact ?? true,
      });
      break;
    case 'give up':
      for (const end of world?.live ?? []) if (end.plan?.number === message.number) end.giveUp();
      break;
    case 'close':
      // node:tls may keep a connection of TLS in TLS, with which its server never closes.
      process.exit();
      break;
  }
}

process.on('uncaughtException', (error) => {
  say({ kind: 'broken', reason: error.stack ?? error.message });
});
process.on('message', (message) => void hear(message as ToPeer));
say({ kind: 'ready' });
