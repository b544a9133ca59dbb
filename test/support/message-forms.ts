import { fragmentOf } from './records.js';

/** What Windows hands out as the message of a record that asks for a handshake step (SECBUFFER_EXTRA). */
export type MessageOf = (record: Uint8Array) => Buffer;

/**
 * Programs that use Schannel are written for either, and no public text says which one it is: curl, aws-c-io and
 * MoonBit's async take the whole record for the usual case, schannel-rs whatever lies at the end.
 */
const FORMS: Readonly<Record<string, MessageOf>> = {
  'the whole record': (record) => Buffer.from(record),
  'what stands behind the header': fragmentOf,
};

/** A describe() whose tests are defined once for each form that a message may have. */
export function describeEachMessageForm(title: string, define: (messageOf: MessageOf) => void): void {
  for (const [form, messageOf] of Object.entries(FORMS)) {
    describe(`${title}, a message being ${form}`, () => {
      define(messageOf);
    });
  }
}
