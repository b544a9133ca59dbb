import assert from 'node:assert/strict';
import type { Native } from '#lib/native/binding.js';
import type { NativeLoggedEvent } from '#lib/native/service-binding.js';
import { schannelEventsOf } from '#lib/windows/policy/schannel-events.js';

const event = (id: number, time: number, ...texts: readonly string[]): NativeLoggedEvent => ({
  ...{ id, time, level: 2, texts },
});

describe('windows/policy/schannel-events', () => {
  let asked: unknown[];

  const log = (...events: readonly NativeLoggedEvent[]): Pick<Native, 'readEvents'> => ({
    readEvents: (channel, query, most, callback) => {
      asked = [channel, query, most];
      callback({ value: events });
    },
  });

  it('groups entries by number and alert, the most frequent first', async () => {
    const groups = await schannelEventsOf(
      log(
        event(36887, 5_000, '48'),
        event(36874, 4_000, 'TLS 1.0'),
        event(36887, 3_000, '48'),
        event(36887, 2_000, '70'),
      ),
    );
    assert.deepEqual(
      groups.map(({ id, alert, count, first, last }) => [
        id,
        alert?.name,
        count,
        first.getTime(),
        last.getTime(),
      ]),
      [
        [36887, 'unknown_ca', 2, 3_000, 5_000],
        [36874, undefined, 1, 4_000, 4_000],
        [36887, 'protocol_version', 1, 2_000, 2_000],
      ],
    );
    assert.ok(groups.every(({ meaning }) => meaning !== null));
  });

  it('shows what it does not know as it is, made printable', async () => {
    const [group] = await schannelEventsOf(log(event(1, 0, 'a\u001b[2J'), event(36887, 0, 'not a number')));
    assert.deepEqual([group?.name, group?.alert], [null, null]);
    assert.ok(group?.data.every((text) => !text.includes('\u001b')));
  });

  it('asks for entries of Schannel, of an hour unless told otherwise', async () => {
    assert.deepEqual(await schannelEventsOf(log()), []);
    const query = (time: number): string =>
      `*[System[Provider[@Name='Schannel'] and TimeCreated[timediff(@SystemTime)<=${time}]]]`;
    assert.deepEqual(asked, ['System', query(3_600_000), 500]);
    await schannelEventsOf(log(), { since: 60_000, most: 7 });
    assert.deepEqual(asked, ['System', query(60_000), 7]);
  });

  it('refuses times that are none', async () => {
    for (const since of [0, 1.5, Number.NaN, 1e15]) {
      await assert.rejects(schannelEventsOf(log(), { since }), { code: 'ERR_OUT_OF_RANGE' });
    }
  });
});
