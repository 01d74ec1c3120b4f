import { revisionTaken } from '#domain/compare-and-swap.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Run } from '#domain/run.ts';
import { copy, putIfAbsent } from './documents.ts';

export function memoryRunStore(): RunStore {
  const runs = new Map<string, Run>();
  return {
    create: (run) => Promise.try(() => (putIfAbsent(runs, run.runId, run) ? 'created' : 'exists')),
    get: (runId) => Promise.try(() => copy(runs.get(runId))),
    list: ({ model, limit, cursor }) =>
      Promise.try(() => {
        const all = [...runs.values()]
          .filter((r) => model === undefined || r.model === model)
          .sort((a, b) => descending(sortKey(a), sortKey(b)));
        const before = cursor === undefined ? undefined : placeOf(cursor, model);
        const rest = before === undefined ? all : all.filter((r) => sortKey(r) < before);
        const page = rest.slice(0, limit);
        const last = page.at(-1);
        return rest.length > page.length && last !== undefined
          ? { runs: page.map(copy), cursor: cursorOf(last, model) }
          : { runs: page.map(copy) };
      }),
    replace: (run) =>
      Promise.try(() => {
        if (runs.get(run.runId)?.revision !== run.revision - 1) {
          throw revisionTaken(`the run ${run.runId}`, run.revision);
        }
        runs.set(run.runId, copy(run));
      }),
  };
}

function sortKey(run: Run): string {
  return `${run.createdAt}#${run.runId}`;
}
function descending(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

function cursorOf(run: Run, model: string | undefined): string {
  return Buffer.from(JSON.stringify([model ?? '', sortKey(run)])).toString('base64url');
}
function placeOf(cursor: string, model: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed[0] === (model ?? '') && typeof parsed[1] === 'string') {
      return parsed[1];
    }
  } catch {
    // Falls through to the same refusal.
  }
  throw new TitleholderError('BadInput', 'the cursor is not one of this list');
}
