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

/** Where the time went: in the code of which package or folder, and on behalf of which of the relay's files. */
export interface ProfileSummary {
  readonly self: readonly Bucket[];
  /** Time under the innermost file of `lib/` or `functions/`; what runs after an await of the SDK's has none. */
  readonly onBehalf: readonly Bucket[];
  /** Functions with the most time of their own. */
  readonly functions: readonly Bucket[];
}

type ProfileNode = CpuProfile['nodes'][number];
const waiting = new Set(['(idle)', '(root)']);

/** Sorts the samples of a profile by where in the sources of a bundle they fell. */
export function summariseProfile(profile: CpuProfile, bundleDirectory: string): ProfileSummary {
  const map = new SourceMap(JSON.parse(readFileSync(join(bundleDirectory, 'index.mjs.map'), 'utf8')));
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const sources = new Map(profile.nodes.map((node) => [node.id, sourceOf(node, map)]));
  const self = new Map<string, number>();
  const onBehalf = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const [position, id] of profile.samples.entries()) {
    const node = nodes.get(id);
    if (node === undefined || waiting.has(node.callFrame.functionName)) continue;
    const ms = (profile.timeDeltas[position] ?? 0) / 1_000;
    const source = sources.get(id) ?? '';
    add(self, packageOf(source), ms);
    add(onBehalf, innermostOwn(node, parents, sources), ms);
    add(functions, `${node.callFrame.functionName || '(anonymous)'}  ${source}`, ms);
  }
  return { self: descending(self), onBehalf: descending(onBehalf), functions: descending(functions) };
}

/** The file of a frame, with line: of the bundle's sources, or of Node itself. */
function sourceOf({ callFrame }: ProfileNode, map: SourceMap): string {
  const { url, lineNumber, columnNumber, functionName } = callFrame;
  if (!url.endsWith('/index.mjs')) return url === '' ? functionName : url;
  const entry = map.findEntry(lineNumber, columnNumber);
  if (!('originalSource' in entry)) return 'the bundle';
  return `${entry.originalSource.replace(/^(\.\.\/)+/, '').replace(/^.*node_modules\//, 'node_modules/')}:${entry.originalLine + 1}`;
}

function packageOf(source: string): string {
  const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
  if (name !== undefined) return name;
  if (source.startsWith('node:')) return 'Node (http, net, streams, timers …)';
  return /(?:^|\/)((?:lib|functions)\/[^/]+)\//.exec(source)?.[1] ?? source;
}

function innermostOwn(
  node: ProfileNode,
  parents: ReadonlyMap<number, ProfileNode>,
  sources: ReadonlyMap<number, string>,
): string {
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
    const own = /(?:^|\/)((?:lib|functions)\/[^:]+):/.exec(sources.get(at.id) ?? '')?.[1];
    if (own !== undefined && !own.includes('node_modules')) return own;
  }
  return 'none (continued after an await, events of Node)';
}

const add = (sums: Map<string, number>, label: string, ms: number): Map<string, number> =>
  sums.set(label, (sums.get(label) ?? 0) + ms);

const descending = (sums: ReadonlyMap<string, number>): Bucket[] =>
  [...sums].map(([label, ms]) => ({ label, ms })).sort((a, b) => b.ms - a.ms);
