/** Counts events in the last `lengthMs` milliseconds, exactly: an event leaves the window when it is that old. */
export interface RollingWindow {
  readonly count: (now: number) => number;
  readonly add: (now: number) => void;
  /** Takes one event of a time back. */
  readonly forgive: (at: number) => void;
  /** Milliseconds until fewer than `limit` events are in the window. */
  readonly untilBelow: (limit: number, now: number) => number;
  readonly clear: () => void;
}

export function createRollingWindow(lengthMs: number): RollingWindow {
  let events: number[] = [];
  let first = 0;

  const expire = (now: number) => {
    while (first < events.length && now - (events[first] ?? 0) >= lengthMs) first += 1;
    if (first > 1_024) {
      events = events.slice(first);
      first = 0;
    }
  };

  return {
    count: (now) => {
      expire(now);
      return events.length - first;
    },
    add: (now) => {
      events.push(now);
    },
    forgive: (at) => {
      const place = events.lastIndexOf(at);
      if (place >= first) events.splice(place, 1);
    },
    untilBelow: (limit, now) => {
      expire(now);
      const blocking = events[events.length - limit];
      return events.length - first < limit || blocking === undefined ? 0 : blocking + lengthMs - now;
    },
    clear: () => {
      events = [];
      first = 0;
    },
  };
}
