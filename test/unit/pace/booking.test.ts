import { expect, test } from '@jest/globals';
import { bookSlot } from '../../../lib/pace/booking.ts';
import { SharedControl } from '../../../lib/pace/shared-control.ts';
import { after, seconds } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryPaceStore } from '../../support/in-memory-pace-store.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

test.each([
  ['is used while others can have learned little since', 3, true],
  ['is not used once others may have learned of a pause long since', 5, false],
])('F2: a slot in hand whose store is lost %s', async (_, ahead, isUsed) => {
  const clock = createFakeClock(NOON);
  const store = createInMemoryPaceStore();
  let isDown = false;
  const read = () => (isDown ? Promise.reject(new Error('the store is away')) : store.read());
  const shared = new SharedControl({
    store: { ...store, read },
    clock,
    owner: 'a',
    limit: 100,
    log: createRecordingLog(),
  });
  await shared.refresh();
  isDown = true;
  expect(await bookSlot(after(NOON, seconds(ahead)), shared, clock).start()).toBe(isUsed);
});
