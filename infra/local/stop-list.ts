/** What has been started and must be stopped, the newest first. */
export interface StopList {
  add(stop: () => Promise<unknown>): void;
  /** Stops all; a stop that fails does not keep the others from being stopped. Later calls wait for the first. */
  run(): Promise<void>;
}

/** Gives an empty list. */
export function createStopList(): StopList {
  const stops: (() => Promise<unknown>)[] = [];
  let running: Promise<void> | undefined;
  const runAll = async (): Promise<void> => {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop().catch(() => undefined);
  };
  return {
    add: (stop) => {
      stops.push(stop);
    },
    run: () => {
      running ??= runAll();
      return running;
    },
  };
}
