import { chosenForDeletion } from '../../infra/local/queue/chosen-for-deletion.ts';
import type { Delivery, deliverMessages } from '../../lib/deliver/deliver-messages.ts';
import { epochMs } from '../../lib/runtime/units.ts';
import { buildDelivery, type ConsumerPorts } from './build-delivery.ts';
import { drawBetween } from './seeded-random.ts';
import { createProcess, type SimulatedProcess, type World } from './simulated-process.ts';
import type { Delivered, SimulatedQueue } from './simulated-queue.ts';

/** How one event source mapping is set, and with what its function works. */
export interface EventSourceOptions {
  readonly world: World;
  readonly queue: SimulatedQueue;
  readonly batchSize: number;
  readonly concurrency: number;
  /** Milliseconds. */
  readonly window: number;
  readonly timeout: number;
  /** A body that kills whoever delivers it. */
  readonly isPoison: (body: string) => boolean;
  readonly portsFor: (process: SimulatedProcess, deadline: () => number) => ConsumerPorts;
  readonly deliver: typeof deliverMessages;
  /** The last word on what the function works with. */
  readonly change: (delivery: Delivery) => Delivery;
}

/** Milliseconds: a message that cannot be borne kills before anything is sent in its place, or its copies would multiply. */
const POISON_WORKS_WITHIN = 20;

/** A mapping that runs; `busy` counts its invocations under way. */
export interface EventSource {
  readonly busy: number;
  readonly invocations: number;
}

/** Runs `concurrency` pollers, each with an environment of its own: gather, invoke, delete what was done. */
export function startEventSource(options: EventSourceOptions): EventSource {
  const state = { busy: 0, invocations: 0, environments: 0 };
  for (let poller = 0; poller < options.concurrency; poller += 1) void poll(options, state);
  return state;
}

/** A function that is warm: it has lived through its invocations so far. */
interface Environment {
  readonly process: SimulatedProcess;
  readonly run: (batch: readonly Delivered[], deadline: number) => Promise<unknown>;
  onDeath: () => void;
}

async function poll(options: EventSourceOptions, state: { busy: number; invocations: number; environments: number }) {
  const { world, queue } = options;
  let environment: Environment | undefined;
  for (;;) {
    await queue.whenVisible();
    await pause(world, drawBetween(world.random, 0, options.window));
    const batch = queue.receive(options.batchSize);
    if (batch.length === 0) continue;
    if (environment?.process.isAlive !== true) environment = startEnvironment(options, state);
    state.busy += 1;
    state.invocations += 1;
    const result = await invoke(options, environment, batch);
    const ids = batch.map(({ messageId }) => messageId);
    for (const messageId of chosenForDeletion(ids, result, true)) {
      if (!world.multiplies(world.faults().deleteLost)) queue.delete(messageId);
    }
    state.busy -= 1;
  }
}

function startEnvironment(options: EventSourceOptions, state: { environments: number }): Environment {
  state.environments += 1;
  const name = `${options.queue.name}/${state.environments}`;
  const environment: Environment = {
    process: createProcess(options.world, name, () => environment.onDeath()),
    run: async (batch, end) => {
      deadline = end;
      const failed = await options.deliver(batch, epochMs(end), delivery);
      return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
    },
    onDeath: () => {},
  };
  let deadline = 0;
  const ports = options.portsFor(environment.process, () => deadline);
  const delivery = options.change(buildDelivery(environment.process, ports));
  return environment;
}

type Result = Parameters<typeof chosenForDeletion>[1];

/** Runs one invocation to its return, its error, its deadline or its death. */
function invoke(
  { world, timeout, isPoison }: EventSourceOptions,
  environment: Environment,
  batch: readonly Delivered[],
): Promise<Result> {
  const { process } = environment;
  const deadline = world.scheduler.now() + timeout;
  let isRunning = true;
  world.trace(() => `${process.name} gets ${batch.map(({ messageId }) => messageId).join(' ')}`);
  return new Promise((resolve) => {
    const end = (result: Result, how: string) => {
      if (!isRunning) return;
      isRunning = false;
      world.trace(() => `${process.name} ${how}`);
      resolve(result);
    };
    environment.onDeath = () => end({ kind: 'failed', reason: 'died' }, 'ended by its death');
    world.scheduler.at(deadline, () => {
      if (isRunning) process.kill('deadline');
    });
    if (batch.some(({ body }) => isPoison(body))) {
      world.scheduler.at(world.scheduler.now() + world.random() * POISON_WORKS_WITHIN, () => {
        if (isRunning) process.kill('poison');
      });
    }
    environment.run(batch, deadline).then(
      (payload) => end({ kind: 'returned', payload }, `returns ${JSON.stringify(payload)}`),
      (error: unknown) => end({ kind: 'failed', reason: String(error) }, `throws ${String(error)}`),
    );
  });
}

const pause = ({ scheduler }: World, milliseconds: number): Promise<void> =>
  new Promise((resolve) => scheduler.at(scheduler.now() + milliseconds, resolve));
