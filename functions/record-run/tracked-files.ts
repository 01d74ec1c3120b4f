/** The files that MLflow keeps of a run, beside its model. */
import type { Leaderboard } from '#contracts/selection.ts';
import type { RecordRunInput } from '#contracts/steps.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { TrackingFile } from '#domain/ports/tracking.ts';
import type { Evidence } from '#release/load-evidence.ts';
import { loadCharts } from '#release/selection-documents.ts';
import { leaderboardFiles } from './leaderboard-files.ts';

/** Throws `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function trackedFiles(
  artifacts: ArtifactStore,
  { run, data, training, evaluation }: RecordRunInput,
  leaderboard: Leaderboard | null,
  verdict: Evidence['verdict'] | undefined,
): Promise<readonly TrackingFile[]> {
  const stored = async (
    path: string,
    kind: 'reports' | 'evidence',
    sha256: string,
  ): Promise<TrackingFile> => ({
    path,
    bytes: await artifacts.get(kind, sha256),
    contentType: 'application/json',
  });
  const files = [
    await stored('validation-report.json', 'reports', data.report),
    await stored('training-report.json', 'reports', training.report),
    await stored('ci-report.json', 'reports', run.ciReport),
  ];
  if (evaluation !== undefined) {
    files.push(
      await stored('evidence/measured.json', 'evidence', evaluation.measured),
      await stored('evidence/timings.json', 'evidence', evaluation.timings),
    );
  }
  if (verdict !== undefined) {
    const lines = [verdict.verdict, ...verdict.reasons];
    files.push(textFile('evidence/verdict.txt', `${lines.join('\n')}\n`, 'text/plain'));
  }
  const charts = {
    ...(await loadCharts(artifacts, 'reports', training.charts)),
    ...(await loadCharts(artifacts, 'evidence', evaluation?.charts)),
  };
  if (leaderboard !== null) files.push(...leaderboardFiles(leaderboard, charts));
  for (const [name, svg] of Object.entries(charts)) {
    // The report names the missing chart.
    if (typeof svg === 'string') files.push(textFile(`charts/${name}`, svg, 'image/svg+xml'));
  }
  return files;
}

function textFile(path: string, text: string, contentType: string): TrackingFile {
  return { path, bytes: new TextEncoder().encode(text), contentType };
}
