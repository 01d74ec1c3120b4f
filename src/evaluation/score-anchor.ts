/** The anchor on today's holdout, where it can be scored there. */
import type { Folder } from '#contracts/folder/charter.ts';
import { readRulesOf } from '#dataset/read-rules.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { AnchorSince } from '#gates/anchor.ts';
import type { ModelScores } from '#learning/metrics/paired.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import { type Admitted, type AnchorEntrant, checkEntrant } from './admit.ts';
import { levelsAsTrained } from './levels-as-trained.ts';

export interface ScoredAnchor {
  readonly version: number;
  readonly sha256: string;
  readonly since: readonly AnchorSince[];
  /** Or why there are none. */
  readonly scores: ModelScores | { readonly missing: string };
}

/**
 * Scores the anchor. What would refuse a champion (a holdout group trained it, another identity or
 * positive class, columns that today's table lacks) is the reason why an anchor has no scores, and
 * refuses nothing: it serves nobody any more.
 */
export function scoreAnchor(
  { version, sha256, since, model }: AnchorEntrant,
  folder: Folder,
  { groups }: Pick<Admitted, 'groups'>,
  table: Table,
): ScoredAnchor {
  const found = { version, sha256, since };
  if ('missing' in model) return { ...found, scores: model };
  const { artifact } = model;
  try {
    checkEntrant('anchor', model, folder, groups);
    const scores = withNamedErrors(() =>
      scorer(artifact).scoreTable(levelsAsTrained(artifact, table, readRulesOf(folder.schema))),
    );
    return { ...found, scores: { scores, threshold: artifact.threshold } };
  } catch (error) {
    if (!(error instanceof TitleholderError)) throw error;
    return { ...found, scores: { missing: error.message } };
  }
}
