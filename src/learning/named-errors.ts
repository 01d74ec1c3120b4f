/** The engine has names of its own; what leaves a step has those that the state machine knows. */
import { type ErrorName, TitleholderError } from '#domain/errors.ts';
import { LearningError, type LearningErrorName } from './errors.ts';

const NAMES: Readonly<Record<LearningErrorName, ErrorName>> = {
  SettingsInvalid: 'SettingsInvalid',
  SeedInvalid: 'SettingsInvalid',
  ArtifactInvalid: 'ArtifactInvalid',
  TableInvalid: 'DataInvalid',
  RowInvalid: 'DataInvalid',
  OneClass: 'DataInvalid',
  ScoresInvalid: 'ArtifactInvalid',
};

/** Where the engine was called, for those who read the refusal. */
export interface ErrorPlace {
  /** Of a request's or a table's rows, from 0. */
  readonly row?: number;
  /** Of an artifact. */
  readonly sha256?: string;
}

/**
 * Runs a call of the engine and gives its refusals the names of `src/domain/errors.ts`.
 *
 * Their details are the place and what the engine names: a `column` of a table or row, else a `subject`.
 */
export function withNamedErrors<T>(call: () => T, place: ErrorPlace = {}): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    const named = NAMES[error.name];
    throw new TitleholderError(
      named,
      place.row === undefined ? error.message : `row ${place.row}: ${error.message}`,
      { ...place, [named === 'DataInvalid' ? 'column' : 'subject']: error.subject },
      { cause: error },
    );
  }
}
