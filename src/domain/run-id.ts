/** Ids of runs, and names of their executions. */
import { canonicalJson, sha256Hex } from './canonical.ts';

const FORM = '([a-z][a-z0-9-]{0,29})-[0-9a-f]{12}-[0-9a-f]{8}';
/** A whole run id; its first group is the model. */
export const RUN_ID = new RegExp(`^${FORM}$`);
/** Every run id in a text. */
export const RUN_IDS = new RegExp(FORM, 'g');

/**
 * The run id of a commit for a cause: the same commit, bundle, data and cause are the same run.
 * @param of.commit 40 hex digits.
 */
export function runIdOf(of: {
  readonly model: string;
  readonly commit: string;
  readonly bundle: string;
  readonly data: string;
  readonly cause: string;
}): string {
  const { model, commit, bundle, data, cause } = of;
  const digest = sha256Hex(canonicalJson([model, commit, bundle, data, cause]));
  return `${model}-${commit.slice(0, 12)}-${digest.slice('sha256:'.length, 'sha256:'.length + 8)}`;
}

/** The model of a run; undefined for what can't be a run id. */
export function modelOfRunId(runId: string): string | undefined {
  return RUN_ID.exec(runId)?.[1];
}

/** Names an execution: the run id and the attempt. */
export function executionName(runId: string, attempt: number): string {
  return `${runId}-${attempt}`;
}

/** Reads an execution name back; undefined when it isn't one of ours. */
export function parseExecutionName(
  name: string,
): { readonly runId: string; readonly attempt: number } | undefined {
  const match = /^(.+)-(\d{1,4})$/.exec(name);
  const runId = match?.[1];
  const attempt = match?.[2];
  if (runId === undefined || attempt === undefined) return undefined;
  return { runId, attempt: Number(attempt) };
}
