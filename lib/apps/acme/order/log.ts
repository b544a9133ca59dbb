import type { ProblemDocument } from '../../../base/errors/schannel-error.js';

/**
 * What an order has done:
 *
 * - 'ordered', 'resumed': a new order, or one that an earlier process began
 * - 'confirmed': the authority has confirmed a name, or knew it already
 * - 'planned', 'shown', 'accepted', 'undone': the answer to a challenge
 * - 'key': the key of the certificate was made or found
 * - 'finalized', 'downloaded', 'placed': the certificate
 * - 'dropped': an order that can't be continued, with its key
 * - 'note', 'warning': what a person may want to know
 */
export type OrderStep =
  | 'ordered'
  | 'resumed'
  | 'planned'
  | 'shown'
  | 'accepted'
  | 'confirmed'
  | 'undone'
  | 'key'
  | 'finalized'
  | 'downloaded'
  | 'placed'
  | 'dropped'
  | 'note'
  | 'warning';

/** One step of the protocol, for people and for programs. */
export interface OrderLogEntry {
  readonly time: Date;
  readonly step: OrderStep;
  /** A sentence. */
  readonly text: string;
  /** URL of the order; null before there is one. */
  readonly order: string | null;
  /** The name that it is about; null if it is about the whole order. */
  readonly name: string | null;
  /** What the ACME server says; null if it says nothing. */
  readonly problem: ProblemDocument | null;
}
