import { canonicalJson, sha256Hex } from '#domain/canonical.ts';

/** The id of a run's decision about one evaluation: deciding the same again is the same decision. */
export function decisionIdOf(
  runId: string,
  decision: 'stage' | 'promote' | 'reject',
  digest: string,
): string {
  const hash = sha256Hex(canonicalJson({ runId, decision, digest })).slice('sha256:'.length);
  return `${decision}-${runId}-${hash.slice(0, 16)}`;
}
