import { describe, expect, test } from '@jest/globals';
import type { ChaosFate, SettledWrite } from '../../chaos/chaos-write.ts';
import { checkArrival } from '../../chaos/check-arrival.ts';

const EMAIL = 'ada@example.com';
const updated: ChaosFate = { kind: 'updated', id: '1' };
const rejected: ChaosFate = { kind: 'rejected', category: 'CONFLICT' };

/** A write of `city`, its number also its value; an accepted one is settled at the time of its number. */
const aWrite = (number: number, overrides: Partial<SettledWrite> = {}): SettledWrite => ({
  verb: 'upsert',
  email: EMAIL,
  number,
  properties: ['city'],
  fate: updated,
  completedAt: number,
  ...overrides,
});

/** A contact whose city got these values, one at each time from 1 on. */
const aContact = (...history: readonly number[]) => ({
  id: '1',
  properties: { email: EMAIL },
  versions: history.map((value, position) => ({
    at: position + 1,
    values: { city: String(value) },
    sourceType: 'INTEGRATION',
  })),
});

describe('the check of a chaos run', () => {
  test.each([
    { title: 'each write arrived once', writes: [aWrite(1), aWrite(2)], history: [1, 2] },
    { title: 'the newest stands for those that it was merged with', writes: [aWrite(1), aWrite(2)], history: [2] },
    { title: 'a write came twice', writes: [aWrite(1), aWrite(2)], history: [1, 1, 2] },
    {
      title: 'a write in doubt arrived',
      writes: [aWrite(1), aWrite(2, { fate: { kind: 'in-doubt' } })],
      history: [1, 2],
    },
    {
      title: 'a write in doubt did not arrive',
      writes: [aWrite(1), aWrite(2, { fate: { kind: 'in-doubt' } })],
      history: [1],
    },
    {
      title: 'an older write came before it was known that the newer had arrived',
      writes: [aWrite(1, { completedAt: 3 }), aWrite(2, { completedAt: 4 })],
      history: [2, 1, 2],
    },
    {
      title: 'a create met the contact',
      writes: [aWrite(1), aWrite(2, { verb: 'create', fate: rejected })],
      history: [1],
    },
  ])('finds nothing when $title', ({ writes, history }) => {
    expect(checkArrival(writes, [aContact(...history)])).toEqual([]);
  });

  test.each([
    {
      title: 'the newest is missing',
      writes: [aWrite(1), aWrite(2)],
      history: [1],
      fault: /city is 1, and 2 was accepted/,
    },
    {
      title: 'an older write undid a settled one',
      writes: [aWrite(1), aWrite(2, { completedAt: 1.5 }), aWrite(3)],
      history: [2, 1, 3],
      fault: /went back from 2, which was settled, to 1/,
    },
    {
      title: 'a rejected write arrived',
      writes: [aWrite(1, { verb: 'create', fate: rejected }), aWrite(2)],
      history: [1, 2],
      fault: /set to 1 by a rejected write/,
    },
    { title: 'a value came from nowhere', writes: [aWrite(2)], history: [1, 2], fault: /1, which nobody wrote/ },
    {
      title: 'the newest is told as superseded',
      writes: [aWrite(1, { fate: { kind: 'superseded' } })],
      history: [1],
      fault: /did not get 1, superseded by nothing/,
    },
    {
      title: 'an update was rejected',
      writes: [aWrite(1), aWrite(2, { verb: 'update', fate: { kind: 'rejected', category: 'OBJECT_NOT_FOUND' } })],
      history: [1],
      fault: /write 2 \(update\) was rejected: OBJECT_NOT_FOUND/,
    },
    {
      title: 'a write has no outcome',
      writes: [aWrite(1, { fate: { kind: 'open', operation: 'o' } })],
      history: [1],
      fault: /write 1 has no outcome/,
    },
    {
      title: 'two creates are told as created',
      writes: [1, 2].map((number) => aWrite(number, { verb: 'create', fate: { kind: 'created', id: '1' } })),
      history: [1, 2],
      fault: /2 creates are told as created/,
    },
    {
      title: 'a write is told as another contact',
      writes: [aWrite(1, { fate: { kind: 'updated', id: '7' } })],
      history: [1],
      fault: /write 1 is told as 7, not 1/,
    },
  ])('says so when $title', ({ writes, history, fault }) => {
    expect(checkArrival(writes, [aContact(...history)])).toEqual([expect.stringMatching(fault)]);
  });

  test('says so when a contact is there twice, or not at all, or is nobody’s', () => {
    expect(checkArrival([aWrite(1)], [aContact(1), aContact(1)])).toEqual([`${EMAIL}: it is there 2 times`]);
    expect(checkArrival([aWrite(1)], [])).toEqual([`${EMAIL}: it is not there, though a write was accepted`]);
    expect(checkArrival([], [aContact(1)])).toEqual(['contact 1 was written to by nobody']);
  });
});
