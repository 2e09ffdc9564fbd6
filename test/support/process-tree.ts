import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process as the system lists it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes below `ancestor` that run now, children before grandchildren. */
export function descendantsOf(ancestor: number): readonly ListedProcess[] {
  const all = listProcesses();
  const found: ListedProcess[] = [];
  let parents = new Set([ancestor]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** Whether a process runs; one that has ended and was not yet reaped does not. */
export const isRunning = (pid: number): boolean => listProcesses().some((each) => each.pid === pid);

/** Linux tells it in /proc, also where no `ps` is installed. */
function listProcesses(): readonly ListedProcess[] {
  if (!existsSync('/proc/self/stat')) return parseListing(execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
}

function readProcess(pid: string): ListedProcess[] {
  try {
    // "pid (name) state parent …", and the name may hold anything, parentheses too.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parent: Number(parent), command }];
  } catch {
    // It ended while we looked.
    return [];
  }
}

const parseListing = (listing: Buffer): readonly ListedProcess[] =>
  listing
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
