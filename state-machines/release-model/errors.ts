/**
 * What becomes of each error name in the machine.
 *
 * A record over every name: a new error doesn't compile until it has a route here. The tests
 * compare it with the definition's Retry and Catch and with what the steps' sources throw.
 */
import type { ErrorName } from '#domain/errors.ts';

/**
 * retried: by every Task, then fatal · rerouted: caught by name where another route helps, else fatal ·
 * fatal: States.ALL, the run is closed as failed with this name · outside: no step of the machine throws it.
 */
export type ErrorRoute = 'retried' | 'rerouted' | 'fatal' | 'outside';

export const ERROR_ROUTES: Readonly<Record<ErrorName, ErrorRoute>> = {
  // The commit is wrong; the same again would be too.
  BadInput: 'fatal',
  CommitUnknown: 'fatal',
  CiReportRefused: 'fatal',
  DataInvalid: 'fatal',
  SettingsInvalid: 'fatal',
  NoCandidateFitted: 'fatal',
  // Before Lambda's own time-out, and with what to change; the same again would take as long.
  OutOfTime: 'fatal',
  ArtifactInvalid: 'fatal',
  HoldoutRefused: 'fatal',
  TooLarge: 'fatal',
  // Something stored isn't what its hash says, or isn't there.
  ArtifactMissing: 'fatal',
  ArtifactCorrupt: 'fatal',
  ProvenanceMismatch: 'fatal',
  EvidenceMismatch: 'fatal',
  NotFound: 'fatal',
  // Staging or production isn't what was decided: a person looks, then resumes or rolls back.
  SmokeTestFailed: 'fatal',
  PromotionNotVerified: 'fatal',
  // The decision was recorded before, for something else.
  DecisionExists: 'fatal',
  // Judge again, against the champion of now.
  ChampionMoved: 'rerouted',
  ApprovalStale: 'rerouted',
  // May pass by itself.
  Unavailable: 'retried',
  Conflict: 'retried',
  // MLflow is down or refuses: its adapter has retried for a bounded time; `resume` goes on from there.
  TrackingUnavailable: 'fatal',
  TrackingRefused: 'fatal',
  // Set by the machine itself when nobody answers (NobodyAnswered).
  Expired: 'fatal',
  // Answers of the HTTP API.
  NoRollbackTarget: 'outside',
  Unauthenticated: 'outside',
  Forbidden: 'outside',
};

/** Platform errors that the definition names, with where they come from. */
export const PLATFORM_ERRORS: Readonly<Record<string, string>> = {
  'Lambda.ServiceException': 'Lambda answered 5xx',
  'Lambda.AWSLambdaException': 'Lambda answered with an unexpected error',
  'Lambda.SdkClientException': 'Step Functions could not reach Lambda',
  'Lambda.TooManyRequestsException': 'the concurrency limit was reached',
  'States.Timeout': 'TimeoutSeconds passed (a lost heartbeat, too, on the local stack)',
  'States.HeartbeatTimeout': 'a lost heartbeat on AWS',
  'States.ALL':
    'everything but States.DataLimitExceeded and States.Runtime, which end the execution',
};
