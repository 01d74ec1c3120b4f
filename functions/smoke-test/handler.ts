import { STEPS, type SmokeTest } from '#contracts/steps.ts';
import { readCsv } from '#dataset/csv.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import { serveOnly } from '#domain/pointer.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ServedPredictions, Serving, ServingHealth } from '#domain/ports/serving.ts';
import type { Tracking } from '#domain/ports/tracking.ts';
import type { Cell } from '#learning/cells.ts';
import { type Artifact, labelOf } from '#learning/pipeline/artifact.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import { loadArtifact } from '#release/load-artifact.ts';
import { noKey, recorded, type StepDeps } from '#release/recorded-step.ts';
import { waitUntilServing } from '#release/wait-until-serving.ts';
import type { VerificationStore } from '#domain/ports/verification-store.ts';

export interface SmokeTestDeps extends StepDeps {
  readonly verifications: VerificationStore;
  readonly artifacts: ArtifactStore;
  readonly serving: Serving;
  readonly tracking: Tracking;
  readonly wait: (millis: number) => Promise<void>;
}

type Check = SmokeTest['checks'][number];

/** Holdout rows that staging answers and the scorer answers, too. */
const ROWS = 20;
/** Calls of one row each that are timed. */
const TIMED = 5;
/** Probabilities are sums of the same doubles in the same order; JSON keeps them whole. */
const TOLERANCE = 1e-12;
const MEMORY_LIMIT_MB = 1024;
/** 5 s in all, apart from the calls. */
const PREDICT_TRIES = 20;
const PREDICT_PAUSE_MILLIS = 250;

/** What is tested; read once, for all checks. */
interface Subject {
  readonly deps: SmokeTestDeps;
  readonly model: string;
  readonly staged: { readonly version: number; readonly sha256: string };
  readonly artifact: Artifact;
  readonly rows: readonly RawRow[];
  readonly health: ServingHealth;
}

/**
 * Tests what staging serves, check by check, and records that this hash was verified.
 *
 * Throws `SmokeTestFailed`, naming every check that failed; `ArtifactMissing`, `ArtifactCorrupt`,
 * `ArtifactInvalid`, `Unavailable`.
 */
export const smokeTest = (deps: SmokeTestDeps) =>
  recorded(
    { ...STEPS.SmokeTest, mode: 'always', key: noKey },
    deps,
    async ({ run, data, staged }) => {
      const { bytes, artifact } = await loadArtifact(deps.artifacts, staged.sha256);
      const checks: Check[] = [
        { name: 'artifact', ok: true, detail: `${bytes.length} bytes have the hash and load` },
      ];
      const health = await waitUntilServing(deps, 'staging', run.model, staged);
      const subject: Subject = {
        deps,
        model: run.model,
        staged,
        artifact,
        rows: holdoutRows(await deps.artifacts.get('data', data.holdout), artifact),
        health,
      };
      for (const check of CHECKS) checks.push(await check(subject));
      const failed = checks.filter((c) => !c.ok && !ADVISORY.includes(c.name));
      if (failed.length > 0) {
        throw new TitleholderError(
          'SmokeTestFailed',
          failed
            .map((c) => `${c.name}: ${c.detail}`)
            .join('; ')
            .slice(0, 1000),
          { checks: failed.map((c) => c.name).join(','), version: staged.version },
        );
      }
      await deps.verifications.put({
        model: run.model,
        sha256: staged.sha256,
        runId: run.runId,
        at: deps.clock.now(),
      });
      return { sha256: staged.sha256, checks };
    },
  );

/** Reported, and no reason to fail: MLflow is never on the serving path. */
const ADVISORY: readonly string[] = ['tracking'];

const CHECKS: readonly ((subject: Subject) => Promise<Check> | Check)[] = [
  ({ health, staged, model }) => ({
    name: 'health',
    ok:
      health.status === 'ok' &&
      health.stage === 'staging' &&
      health.model === model &&
      health.version === staged.version &&
      health.sha256 === staged.sha256,
    detail: `${health.status}, ${health.stage}, version ${health.version ?? 'none'}, ${health.sha256 ?? 'no hash'}`,
  }),
  ({ health, staged }) => ({
    name: 'routes',
    ok: serveOnly(health.routes, staged),
    detail:
      health.routes
        .map(({ version, share, role }) => `version ${version}: ${role}, ${share}`)
        .join('; ') || 'none',
  }),
  ({ health }) => {
    const bad = health.checks.filter((c) => !c.ok);
    return {
      name: 'dependencies',
      ok: bad.length === 0,
      detail: (bad.length === 0 ? health.checks : bad)
        .map((c) => `${c.name} ${c.detail}`)
        .join(', ')
        .slice(0, 300),
    };
  },
  (subject) => predicts(subject, 'predict', subject.rows),
  refusesMissingColumn,
  (subject) =>
    predicts(subject, 'unseen-values', subject.rows.slice(0, 1).flatMap(strange(subject))),
  latency,
  ({ health }) => ({
    name: 'memory',
    ok: health.memoryMb <= MEMORY_LIMIT_MB,
    detail: `${Math.round(health.memoryMb)} MB of ${MEMORY_LIMIT_MB}`,
  }),
  async ({ deps }) => {
    const ok = await deps.tracking.healthy();
    return { name: 'tracking', ok, detail: ok ? 'answers' : 'does not answer (advisory)' };
  },
];

/** The first rows of the stored holdout, with the model's columns only. */
function holdoutRows(csv: Uint8Array, artifact: Artifact): readonly RawRow[] {
  const { header, rows } = readCsv(csv, 'the holdout');
  const places = artifact.columns.map(({ name, kind }) => ({
    name,
    kind,
    at: header.indexOf(name),
  }));
  // The snapshot has decimal points; the artifact may read its texts with commas.
  const cellOf = (text: string, kind: 'numeric' | 'categorical'): Cell =>
    kind === 'numeric' && text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  return rows
    .slice(0, ROWS)
    .map((cells) =>
      Object.fromEntries(places.map(({ name, kind, at }) => [name, cellOf(cells[at] ?? '', kind)])),
    );
}

/** Staging must answer what our own scorer says on the same bytes: value, label, version. */
async function predicts(
  { deps, model, staged, artifact }: Subject,
  name: string,
  rows: readonly RawRow[],
): Promise<Check> {
  const own = scorer(artifact);
  return attempt(name, async () => {
    const answer = await settledAnswer(deps, model, staged, rows);
    if (!isOf(answer, staged)) {
      return { ok: false, detail: `answered by version ${answer.version} as ${answer.role}` };
    }
    const ids = new Set(answer.predictions.map(({ id }) => id));
    if (ids.size !== rows.length) {
      return { ok: false, detail: `${ids.size} ids for ${rows.length} predictions` };
    }
    let worst = 0;
    for (const [i, row] of rows.entries()) {
      const expected = own.scoreRecord(row);
      const got = answer.predictions[i];
      const difference = Math.abs((got?.probability ?? Number.NaN) - expected);
      // NaN has to fail, too.
      if (!(difference <= TOLERANCE)) {
        return { ok: false, detail: `row ${i} differs from the artifact's own score` };
      }
      if (got?.label !== labelOf(artifact, expected)) {
        return { ok: false, detail: `row ${i} has a label that its probability does not give` };
      }
      worst = Math.max(worst, difference);
    }
    const enough = rows.length > 0 && answer.predictions.length === rows.length;
    return { ok: enough, detail: `${rows.length} rows, largest difference ${worst}` };
  });
}

/** Other environments of the function hold an older pointer for seconds: asked again until they don't. */
async function settledAnswer(
  deps: SmokeTestDeps,
  model: string,
  staged: Subject['staged'],
  rows: readonly RawRow[],
): Promise<ServedPredictions> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await deps.serving.predict('staging', model, rows);
    if (isOf(answer, staged) || attempt === PREDICT_TRIES) return answer;
    await deps.wait(PREDICT_PAUSE_MILLIS);
  }
}

/** Whether the staged version answered, as its slot's champion. */
function isOf({ version, sha256, role }: ServedPredictions, staged: Subject['staged']): boolean {
  return version === staged.version && sha256 === staged.sha256 && role === 'champion';
}

function refusesMissingColumn({ deps, model, artifact, rows }: Subject): Promise<Check> {
  const dropped = artifact.columns[0]?.name ?? '';
  return attempt('missing-column', async () => {
    const cells = Object.entries(rows[0] ?? {}).filter(([name]) => name !== dropped);
    const rest = Object.fromEntries(cells);
    try {
      await deps.serving.predict('staging', model, [rest]);
    } catch (error) {
      if (!isNamed(error, 'BadInput', 'DataInvalid')) throw error;
      return { ok: true, detail: `refused without column '${dropped}'` };
    }
    return { ok: false, detail: `answered without column '${dropped}'` };
  });
}

/** A row with every cell missing, and one whose categories training never saw. */
function strange({ artifact }: Subject): (row: RawRow) => readonly RawRow[] {
  // There is no third value: serving refuses another word than true and false.
  const booleans = new Set(artifact.read?.booleans);
  return (row) => [
    Object.fromEntries(artifact.columns.map(({ name }) => [name, null])),
    Object.fromEntries(
      artifact.columns.map(({ name, kind }) => [
        name,
        kind === 'categorical' && !booleans.has(name)
          ? 'titleholder: never seen'
          : (row[name] ?? null),
      ]),
    ),
  ];
}

/** Recorded, never a reason to fail: a shared machine's noise is no property of the model. */
function latency({ deps, model, rows }: Subject): Promise<Check> {
  return attempt('latency', async () => {
    const millis: number[] = [];
    for (const row of rows.slice(0, TIMED)) {
      millis.push((await deps.serving.predict('staging', model, [row])).millis);
    }
    const sorted = millis.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    const slowest = sorted.at(-1) ?? Number.NaN;
    return {
      ok: millis.length > 0,
      detail: `median ${median.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms of ${millis.length}`,
    };
  });
}

/** A refusal by name is this check's failure; an outage is the step's. */
async function attempt(
  name: string,
  work: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<Check> {
  try {
    return { name, ...(await work()) };
  } catch (error) {
    if (!(error instanceof TitleholderError) || error.name === 'Unavailable') throw error;
    return { name, ok: false, detail: `${error.name}: ${error.message}`.slice(0, 300) };
  }
}
