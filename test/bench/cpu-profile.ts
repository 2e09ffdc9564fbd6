import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

/** V8's sampling profile (Chrome DevTools Protocol, Profiler.Profile), as far as it is needed. */
export const cpuProfile = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.number(),
      callFrame: z.object({
        functionName: z.string(),
        url: z.string(),
        lineNumber: z.number(),
        columnNumber: z.number(),
      }),
      children: z.optional(z.array(z.number())),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof cpuProfile>;

/** A part of the code and the CPU time spent in it, in milliseconds. */
export interface Bucket {
  readonly label: string;
  readonly ms: number;
}

/** Where the time went. */
export interface ProfileSummary {
  /** By who wrote the code. What the SDK has Node do counts as Node's: stacks do not reach across an await. */
  readonly layers: readonly Bucket[];
  /** By package, or folder of the relay. */
  readonly packages: readonly Bucket[];
  /** Functions with the most time of their own. */
  readonly functions: readonly Bucket[];
}

type ProfileNode = CpuProfile['nodes'][number];

/** Sorts the samples of a profile by where in the sources of a bundle they fell. */
export function summariseProfile(profile: CpuProfile, bundleDirectory: string): ProfileSummary {
  const map = new SourceMap(JSON.parse(readFileSync(join(bundleDirectory, 'index.mjs.map'), 'utf8')));
  const nodes = new Map(profile.nodes.map((node) => [node.id, { node, source: sourceOf(node, map) }]));
  const layers = new Map<string, number>();
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const [position, id] of profile.samples.entries()) {
    const found = nodes.get(id);
    if (found === undefined || isNotWork(found.node, found.source)) continue;
    const ms = (profile.timeDeltas[position] ?? 0) / 1_000;
    const { label, layer } = originOf(found.source);
    add(layers, layer, ms);
    add(packages, label, ms);
    add(functions, `${found.node.callFrame.functionName || '(anonymous)'}  ${found.source}`, ms);
  }
  return { layers: descending(layers), packages: descending(packages), functions: descending(functions) };
}

/** Waiting, and the profiler itself. */
const isNotWork = ({ callFrame }: ProfileNode, source: string): boolean =>
  callFrame.functionName === '(idle)' || callFrame.functionName === '(root)' || source === 'node:inspector';

/** The file of a frame, with line: of the bundle's sources, or of Node itself. */
function sourceOf({ callFrame }: ProfileNode, map: SourceMap): string {
  const { url, lineNumber, columnNumber, functionName } = callFrame;
  if (!url.endsWith('/index.mjs')) return url === '' ? functionName || '(native)' : url;
  const entry = map.findEntry(lineNumber, columnNumber);
  if (!('originalSource' in entry)) return 'the bundle';
  return `${entry.originalSource.replace(/^(\.\.\/)+/, '').replace(/^.*node_modules\//, 'node_modules/')}:${entry.originalLine + 1}`;
}

function originOf(source: string): { readonly label: string; readonly layer: string } {
  const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
  if (name !== undefined)
    return { label: name, layer: /^@(aws-sdk|smithy|aws)/.test(name) ? 'AWS SDK' : 'other packages' };
  const folder = /(?:^|\/)((?:lib|functions)\/[^/]+)\//.exec(source)?.[1];
  if (folder !== undefined) return { label: folder, layer: 'own code' };
  const label = source.startsWith('node:') ? "Node's JavaScript" : source;
  return { label, layer: 'Node: http, sockets, hashes, garbage collection' };
}

const add = (sums: Map<string, number>, label: string, ms: number): Map<string, number> =>
  sums.set(label, (sums.get(label) ?? 0) + ms);

const descending = (sums: ReadonlyMap<string, number>): Bucket[] =>
  [...sums].map(([label, ms]) => ({ label, ms })).sort((a, b) => b.ms - a.ms);
