import { describe, expect, test } from '@jest/globals';
import { mixOf } from './bench-contacts.ts';
import { median, medianRatio } from './statistics.ts';

describe('median', () => {
  test('is the middle value, however the values are ordered', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('is the mean of the two middle values of an even number', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  test('refuses to make one up from nothing', () => {
    expect(() => median([])).toThrow('no median');
  });
});

test('the median of ratios compares what was measured side by side, not the medians', () => {
  expect(
    medianRatio([
      [2, 1],
      [20, 10],
      [30, 3],
    ]),
  ).toBe(2);
});

test('the mix has every write on a contact of its own, and the same order each time', () => {
  const held = Array.from({ length: 30 }, (_, number) => ({ id: String(number), email: `held-${number}@example.com` }));
  const mix = mixOf('mix', 50, 1, held);
  const emails = held.map(({ email }) => email);
  const contacts = mix.flatMap(({ writes }) =>
    writes.map(({ id, idProperty, properties }) =>
      idProperty === undefined && id !== undefined ? emails[Number(id)] : (id ?? properties['email']),
    ),
  );
  expect(new Set(contacts).size).toBe(50);
  expect(mixOf('mix', 50, 1, held)).toEqual(mix);
});
