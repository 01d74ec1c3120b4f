/** Stored documents of a selection, and the charts. */
import { parseJson } from '#contracts/parse.ts';
import { CandidateOutcome, Charts, Leaderboard } from '#contracts/selection.ts';
import type { RunReference } from '#contracts/steps.ts';
import { canonicalJson } from '#domain/canonical.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { Log } from '#domain/ports/log.ts';

/** Throws `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function loadScores(
  artifacts: ArtifactStore,
  sha256: string,
): Promise<CandidateOutcome> {
  return parseJson(
    CandidateOutcome,
    await artifacts.get('reports', sha256),
    'a candidate’s scores',
  );
}

/** Throws `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function loadLeaderboard(
  artifacts: ArtifactStore,
  sha256: string,
): Promise<Leaderboard> {
  return parseJson(Leaderboard, await artifacts.get('reports', sha256), 'the leaderboard');
}

/** None where there is no hash. Throws `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function loadCharts(
  artifacts: ArtifactStore,
  kind: 'reports' | 'evidence',
  sha256: string | null | undefined,
): Promise<Charts> {
  if (sha256 === null || sha256 === undefined) return {};
  return parseJson(Charts, await artifacts.get(kind, sha256), 'the charts');
}

/** The hash under which the charts are stored; the log names a chart that is missing. */
export function storeCharts(
  { artifacts, log }: { readonly artifacts: ArtifactStore; readonly log: Log },
  { runId }: Pick<RunReference, 'runId'>,
  charts: Charts,
  kind: 'reports' | 'evidence',
): Promise<string> {
  for (const [picture, svg] of Object.entries(charts)) {
    if (typeof svg !== 'string') log('picture not drawn', { runId, picture, reason: svg.notDrawn });
  }
  return storeDocument(artifacts, charts, kind);
}

/** The hash under which the document is stored. */
export function storeDocument(
  artifacts: ArtifactStore,
  document: CandidateOutcome | Leaderboard | Charts,
  kind: 'reports' | 'evidence' = 'reports',
): Promise<string> {
  return artifacts.put(kind, new TextEncoder().encode(canonicalJson(document)));
}
