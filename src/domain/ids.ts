/** Names and ids that two parts must compute alike. */
import { canonicalJson, sha256Hex } from './canonical.ts';

/**
 * The run id of a commit for a cause: the same commit, bundle and cause are the same run.
 * @param commit 40 hex digits.
 */
export function runIdOf(of: {
  readonly model: string;
  readonly commit: string;
  readonly bundle: string;
  readonly cause: string;
}): string {
  const { model, commit, bundle, cause } = of;
  const digest = sha256Hex(canonicalJson([model, commit, bundle, cause])).slice('sha256:'.length);
  return `${model}-${commit.slice(0, 12)}-${digest.slice(0, 8)}`;
}
