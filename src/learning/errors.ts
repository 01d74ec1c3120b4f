/** What the engine refuses. `name` is literal: Step Functions' Retry and Catch match on it. */
export type LearningErrorName =
  | 'SettingsInvalid'
  | 'TableInvalid'
  | 'RowInvalid'
  | 'ArtifactInvalid'
  | 'SeedInvalid'
  | 'OneClass'
  | 'ScoresInvalid';

/** A refusal with a name that survives bundling; the message names columns and row numbers, never values. */
export class LearningError extends Error {
  override readonly name: LearningErrorName;
  /** The column or setting at fault, where there is one. */
  readonly subject: string | null;

  constructor(name: LearningErrorName, message: string, subject: string | null = null) {
    super(message);
    this.name = name;
    this.subject = subject;
  }
}
