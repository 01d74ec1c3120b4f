/** What of a candidate's settings is known to be wrong before any row was read. */
import type { Candidate, SearchSpace } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import type { SchemaDocument } from '#contracts/folder/schema.ts';
import { TitleholderError } from '#domain/errors.ts';
import { LearningError } from '#learning/errors.ts';
import { checkCandidate } from '#learning/pipeline/fit.ts';
import { fitTransforms } from '#learning/pipeline/fit-transforms.ts';
import type { TransformSpec } from '#learning/pipeline/transform-specs.ts';
import type { Column, Table } from '#learning/table.ts';
import { featuresTried } from '#learning/trees/forest.ts';
import { candidateAt, isChoice } from '#training/candidates.ts';
import { fitsToScore } from '#training/cross-validate.ts';

/**
 * Checks each candidate, and each value of each axis of the space, by the engine's own rules and the
 * schema's features. Throws `BadInput`, naming file and path.
 */
export function checkCandidates(folder: Folder): void {
  const { model, schema } = folder;
  model.candidates.forEach((candidate, i) =>
    checkOne(candidate, schema, (setting) =>
      setting in candidate.settings ? `candidates[${i}].settings.${setting}` : `candidates[${i}]`,
    ),
  );
  if (model.space !== undefined) checkSpace(model.space, schema);
  checkWork(folder);
}

/**
 * Features times fits of one candidate. Boosting of 400 rows takes up to 2.5 ms of a core for each: however
 * few the rows, a wide table is nothing but bins. A candidate has a function's 900 s, and half of them are
 * left to slower cores and more rows.
 */
const MOST_WORK = 180_000;

function checkWork(folder: Folder): void {
  const { model, schema } = folder;
  const features = schema.columns.filter(({ role }) => role === 'feature').length;
  const fits = fitsToScore(folder, isChoice(folder)) + 1;
  if (features * fits <= MOST_WORK) return;
  const most = Math.floor(MOST_WORK / fits);
  const { folds, repeats = 1 } = model.plan;
  refuse(
    'plan',
    `${folds} folds and ${repeats} ${repeats === 1 ? 'repeat' : 'repeats'} make ${fits} fits a candidate, and at most ${most} features go through as many, not ${features}`,
  );
}

function checkSpace(space: SearchSpace, schema: SchemaDocument): void {
  checkOne(candidateAt(space, 'space', {}), schema, () => 'space');
  for (const [axis, values = []] of Object.entries(space.settings)) {
    values.forEach((value, i) => {
      const path = `space.settings.${axis}[${i}]`;
      if (values.indexOf(value) !== i) refuse(path, 'stands twice on this axis');
      checkOne(candidateAt(space, 'space', { [axis]: value }), schema, () => path);
    });
  }
}

function checkOne(
  candidate: Candidate,
  schema: SchemaDocument,
  pathOf: (setting: string) => string,
): void {
  try {
    const { specs } = checkCandidate(candidate);
    const features = featuresBehind(schema, specs);
    const { settings } = candidate;
    if (features !== null && 'featuresPerSplit' in settings) {
      featuresTried(settings.featuresPerSplit, features);
    }
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    refuse(pathOf(error.subject ?? ''), error.message);
  }
}

/**
 * At most so many features reach the estimator (constant columns don't); null where only the data says.
 *
 * The transforms are fitted on a made table of the schema's columns, so that a column that isn't there or
 * is of the wrong kind is found. What comes behind a one-hot encoding or a selection is named by the data.
 */
function featuresBehind(schema: SchemaDocument, specs: readonly TransformSpec[]): number | null {
  const byData = specs.findIndex(
    (spec) => spec.kind === 'select' || (spec.kind === 'encode' && spec.as === 'one-hot'),
  );
  const known = byData < 0 ? specs : specs.slice(0, byData + 1);
  const made = fitTransforms(madeTable(schema), Uint8Array.of(0, 1), known).table.columns.length;
  const isKnown = known.length === specs.length && specs[byData]?.kind !== 'encode';
  return isKnown ? made : null;
}

function madeTable({ columns }: SchemaDocument): Table {
  return {
    rows: 2,
    columns: columns
      .filter(({ role }) => role === 'feature')
      .map(
        ({ name, type }): Column =>
          type === 'number'
            ? { name, kind: 'numeric', values: Float64Array.of(0, 1) }
            : { name, kind: 'categorical', levels: ['a', 'b'], codes: Int32Array.of(0, 1) },
      ),
  };
}

function refuse(path: string, what: string): never {
  const file = 'model.json';
  throw new TitleholderError('BadInput', `${file}: ${path}: ${what}`, { file, path });
}
