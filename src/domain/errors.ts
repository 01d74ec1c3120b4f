/**
 * Every error that crosses a boundary, by its literal name.
 *
 * Step Functions' Retry and Catch match on `name`; a minifier changes `constructor.name`, so the
 * name is data here and the state machine's tests compare it with the definition.
 */

/** What a step may throw, and whether running the same step again can help. */
export const ERROR_NAMES = {
  // The caller's mistake: never retried.
  BadInput: 'BadInput',
  CommitUnknown: 'CommitUnknown',
  CiReportRefused: 'CiReportRefused',
  DataInvalid: 'DataInvalid',
  SettingsInvalid: 'SettingsInvalid',
  NoCandidateFitted: 'NoCandidateFitted',
  OutOfTime: 'OutOfTime',
  ArtifactInvalid: 'ArtifactInvalid',
  HoldoutRefused: 'HoldoutRefused',
  // What a later step found in an earlier one's output.
  ArtifactMissing: 'ArtifactMissing',
  ArtifactCorrupt: 'ArtifactCorrupt',
  ProvenanceMismatch: 'ProvenanceMismatch',
  EvidenceMismatch: 'EvidenceMismatch',
  SmokeTestFailed: 'SmokeTestFailed',
  PromotionNotVerified: 'PromotionNotVerified',
  // Somebody else was faster.
  Conflict: 'Conflict',
  ChampionMoved: 'ChampionMoved',
  ApprovalStale: 'ApprovalStale',
  DecisionExists: 'DecisionExists',
  NoRollbackTarget: 'NoRollbackTarget',
  // Outside help is missing.
  TrackingUnavailable: 'TrackingUnavailable',
  TrackingRefused: 'TrackingRefused',
  Unavailable: 'Unavailable',
  // Who asks.
  Unauthenticated: 'Unauthenticated',
  Forbidden: 'Forbidden',
  NotFound: 'NotFound',
  Expired: 'Expired',
  TooLarge: 'TooLarge',
} as const;

export type ErrorName = (typeof ERROR_NAMES)[keyof typeof ERROR_NAMES];

/** An expected failure with a name that survives bundling and a sentence that a person can act on. */
export class TitleholderError extends Error {
  override readonly name: ErrorName;
  /** Names and numbers for the reader; never cell values, tokens or secrets. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;

  constructor(
    name: ErrorName,
    message: string,
    details: Readonly<Record<string, string | number | boolean | null>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = name;
    this.details = details;
  }
}

/** Whether a thrown value is one of ours with this name. */
export function isNamed(error: unknown, ...names: readonly ErrorName[]): error is TitleholderError {
  return error instanceof TitleholderError && names.includes(error.name);
}
