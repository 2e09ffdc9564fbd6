import { failureAnswer, type Page } from './failure-answer.ts';
import type { FaultAction } from './faults.ts';
import type { Route } from './match-route.ts';
import { overLimit } from './rate-limits.ts';
import type { Settings } from './settings.ts';
import { json, noContent, type Reply } from './wire.ts';

/** An answer that a fault words itself. */
export interface Worded {
  readonly kind: 'worded';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a fault makes of a call. */
export interface FaultPlan {
  readonly client: 'answer' | 'close' | 'silence';
  readonly commits: boolean;
  readonly commitAfterMs: number;
  readonly answerAfterMs: number;
  /** What is answered in place of the call's own answer. */
  readonly instead?: Reply | Page | Worded;
}

const MIGRATION_SECONDS = 60;

/** Turns a fault into what happens to a call, and when. */
export function planFault(action: FaultAction, route: Route | undefined, settings: Settings): FaultPlan {
  const answer = { client: 'answer', commits: false, commitAfterMs: 0, answerAfterMs: 0 } as const;
  if ('status' in action) return { ...answer, instead: wordAnswer(action) };
  if ('delayMs' in action) {
    const { delayMs, commit } = action;
    return { ...answer, commits: true, commitAfterMs: commit === 'late' ? delayMs : 0, answerAfterMs: delayMs };
  }
  if ('loseAnswer' in action) {
    return { ...answer, client: 'close', commits: action.commit, commitAfterMs: action.commitAfterMs ?? 0 };
  }
  if ('hang' in action) return { ...answer, client: 'silence', commits: action.commit ?? false };
  if ('answerAfterCommit' in action) {
    return {
      ...answer,
      commits: true,
      instead: withRetryAfter(failureAnswer(action.answerAfterCommit), action.retryAfter),
    };
  }
  if ('emptyResults' in action) return { ...answer, instead: emptySuccess(route) };
  if ('migration' in action) {
    return { ...answer, instead: withRetryAfter(failureAnswer(477), action.retryAfter ?? MIGRATION_SECONDS) };
  }
  const policy = 'dailyLimit' in action ? 'DAILY' : 'TEN_SECONDLY_ROLLING';
  return { ...answer, instead: withRetryAfter(overLimit(policy, 1_000, settings), action.retryAfter) };
}

function wordAnswer(action: Extract<FaultAction, { status: number }>): Reply | Page | Worded {
  const { status, body, headers = {}, retryAfter } = action;
  if (body === undefined && Object.keys(headers).length === 0) return withRetryAfter(failureAnswer(status), retryAfter);
  return {
    kind: 'worded',
    status,
    headers: {
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json;charset=utf-8',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body ?? { status: 'error', message: `status ${status}` }),
  };
}

function withRetryAfter(reply: Reply | Page, retryAfterSeconds: number | undefined): Reply | Page {
  if (retryAfterSeconds === undefined || (reply.kind !== 'error' && reply.kind !== 'page')) return reply;
  return { ...reply, retryAfterSeconds };
}

const emptySuccess = (route: Route | undefined): Reply =>
  route?.okStatus === 204 ? noContent : json(route?.okStatus ?? 200, { status: 'COMPLETE', results: [] });
