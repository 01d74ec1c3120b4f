/** The engine has names of its own; what leaves a step has those that the state machine knows. */
import { type ErrorName, TitleholderError } from '../domain/errors.ts';
import { LearningError, type LearningErrorName } from '../learning/errors.ts';

const NAMES: Readonly<Record<LearningErrorName, ErrorName>> = {
  SettingsInvalid: 'SettingsInvalid',
  SeedInvalid: 'SettingsInvalid',
  ArtifactInvalid: 'ArtifactInvalid',
  TableInvalid: 'DataInvalid',
  RowInvalid: 'DataInvalid',
  OneClass: 'DataInvalid',
  ScoresInvalid: 'ArtifactInvalid',
};

/** Runs a call of the engine and gives its refusals the names of `domain/errors.ts`. */
export function withNamedErrors<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    throw new TitleholderError(
      NAMES[error.name],
      error.message,
      { subject: error.subject },
      { cause: error },
    );
  }
}
