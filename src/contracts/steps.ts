/**
 * The inputs and outputs of the state machine's tasks.
 *
 * State carries references, never data: every big thing is a sha256 in the artifact store. Each
 * state's input is built from outputs below, so a definition that passes the wrong field doesn't parse.
 */
import * as z from 'zod';
import { FIT_KINDS } from '#domain/fit-kind.ts';
import { RUN_ID } from '#domain/run-id.ts';
import { CandidateName, MAX_CANDIDATES } from './folder/candidate.ts';
import { CommitSha, ModelName, Sha256, Timestamp } from './folder/names.ts';

export const RunId = z.string().regex(RUN_ID);

/** The execution's input. */
export const ExecutionInput = z.strictObject({
  schemaVersion: z.literal(1),
  runId: RunId,
  model: ModelName,
  attempt: z.int().min(1),
});
export type ExecutionInput = z.infer<typeof ExecutionInput>;

/** How long a question to a person stays open (the policy's timeoutHours); the machine's token waits end with it. */
const WaitSeconds = z
  .int()
  .min(1)
  .max(30 * 24 * 3600);

/**
 * Output of OpenRun: the run as every later step sees it. Not strict: one from before the charter ruled
 * within a run says too whether to hold, which is left out.
 */
export const RunReference = ExecutionInput.extend({
  commit: CommitSha,
  bundle: Sha256,
  data: Sha256,
  ciReport: Sha256,
  asOf: Timestamp,
  /** By the policy that ruled when the run was opened: how long a changed charter waits for acceptance. */
  waitSeconds: WaitSeconds,
}).strip();
export type RunReference = z.infer<typeof RunReference>;

export const OpenRunInput = ExecutionInput.extend({ token: z.string() });

export const CheckCiReportInput = z.strictObject({ run: RunReference });
export const CiCheck = z.strictObject({ tests: z.int(), report: Sha256 });
export type CiCheck = z.infer<typeof CiCheck>;

export const ValidateDataInput = z.strictObject({ run: RunReference });
export const DataReference = z.strictObject({
  /** Training rows as CSV. */
  training: Sha256,
  /** Which groups they are: what Evaluate checks the holdout against. */
  trainingManifest: Sha256,
  /** The stored holdout snapshot and its register. */
  holdout: Sha256,
  register: Sha256,
  epoch: z.int(),
  /** The validation report. */
  report: Sha256,
  charter: Sha256,
  /** Of that charter's policy, which rules from here on: an acceptance changes it within a run. */
  holdBeforeCd: z.boolean(),
  waitSeconds: WaitSeconds,
  rows: z.int(),
  trainingRows: z.int(),
  holdoutRows: z.int(),
  datasetWindow: z.string(),
  /** Something a person must accept first: a changed charter or holdout; null when nothing is open. */
  question: z.union([
    z.null(),
    z.strictObject({ kind: z.enum(['charter', 'holdout']), digest: Sha256, summary: z.string() }),
  ]),
});
export type DataReference = z.infer<typeof DataReference>;

/** Asks a person; the token is spent by the answer. */
export const AskInput = z.strictObject({
  token: z.string(),
  run: RunReference,
  kind: z.enum(['approval', 'continue', 'acceptance']),
  /** acceptance: what is asked. */
  data: DataReference.optional(),
  /** approval: the evidence it is bound to. */
  evaluation: z.lazy(() => EvaluationReference).optional(),
});
export const TokenAnswer = z.strictObject({
  choice: z.enum(['approved', 'rejected', 'stale']),
  by: z.string(),
  reason: z.string(),
});
export type TokenAnswer = z.infer<typeof TokenAnswer>;

export const TrainInput = z.strictObject({ run: RunReference, data: DataReference });

/** Which candidates a round trains: the folder's, then further ones as the policy allows. */
export const CandidatePlan = z.strictObject({
  /** The round, 1 for the folder's own candidates. */
  attempt: z.int().min(1),
  /** By name; what a name stands for follows from the folder and the round. */
  candidates: z.array(CandidateName).min(1).max(MAX_CANDIDATES),
  /** The leaderboard that asked for this round. */
  earlier: z.union([z.null(), Sha256]),
});
export type CandidatePlan = z.infer<typeof CandidatePlan>;

export const TrainCandidateInput = TrainInput.extend({
  plan: CandidatePlan,
  candidate: CandidateName,
});
export const ScoredCandidate = z.strictObject({
  candidate: CandidateName,
  /** A `CandidateOutcome` document. */
  scores: Sha256,
  seconds: z.number(),
});
export type ScoredCandidate = z.infer<typeof ScoredCandidate>;

export const ChooseInput = TrainInput.extend({
  plan: CandidatePlan,
  scores: z.array(ScoredCandidate),
});
export const CandidateChoice = z.strictObject({
  attempt: z.int().min(1),
  candidate: CandidateName,
  /** A `Leaderboard` document. */
  leaderboard: Sha256,
  /** fit: on all training rows · retune: a gate that may ask for it isn't reached, and budget is left. */
  next: z.enum(['fit', 'retune']),
  /** Why this one, with its numbers. */
  reason: z.string(),
});
export type CandidateChoice = z.infer<typeof CandidateChoice>;

/** The first round has no choice before it. */
export const PlanInput = TrainInput.extend({ choice: CandidateChoice.optional() });
export const FullTrainInput = TrainInput.extend({ choice: CandidateChoice });

export const TrainingReference = z.strictObject({
  /** What was fitted, under the name that an artifact's provenance has for it. */
  stage: z.enum(FIT_KINDS),
  artifact: Sha256,
  candidate: z.string(),
  /** Training's own report: the leaderboard, what was measured out of fold, seconds. */
  report: Sha256,
  /** A `Charts` document; a quick training draws none. Absent as null: from before there were any. */
  charts: z.union([z.null(), Sha256]).exactOptional(),
});
export type TrainingReference = z.infer<typeof TrainingReference>;

export const RecordRunInput = z.strictObject({
  run: RunReference,
  data: DataReference,
  stage: z.enum(['CI', 'CD']),
  training: TrainingReference,
  evaluation: z.lazy(() => EvaluationReference).optional(),
});
export type RecordRunInput = z.infer<typeof RecordRunInput>;
export const TrackingReference = z.strictObject({ trackingRunId: z.string() });
export type TrackingReference = z.infer<typeof TrackingReference>;

export const EvaluateInput = z.strictObject({
  run: RunReference,
  data: DataReference,
  training: TrainingReference,
});
export const EvaluationReference = z.strictObject({
  measured: Sha256,
  timings: Sha256,
  /** What an approval is bound to: challenger, measured evidence, charter, champion compared with. */
  digest: Sha256,
  artifact: Sha256,
  /** The number of the rules by which it is judged. Absent: 1, from before they had numbers. */
  rules: z.int().min(1).exactOptional(),
  /** A `Charts` document: pictures of the evidence, and no part of it. Absent: from before there were any. */
  charts: Sha256.exactOptional(),
  verdict: z.enum(['promote', 'hold', 'reject']),
  /** The verdict in one line, with its numbers. */
  reason: z.string(),
  /** What it warns of beside that. Absent: nothing, or from before warnings were handed on. */
  warnings: z.array(z.string()).exactOptional(),
  /** Who decides now. nobody: the gate rejected · unchanged: the challenger is the champion. */
  next: z.enum(['person', 'policy', 'nobody', 'unchanged']),
  champion: z.union([
    z.null(),
    z.strictObject({ version: z.int(), sha256: Sha256, revision: z.int() }),
  ]),
});
export type EvaluationReference = z.infer<typeof EvaluationReference>;

/** The one function that writes pointers and ledger takes these decisions. */
export const RecordDecisionInput = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('stage'),
    run: RunReference,
    evaluation: EvaluationReference,
    tracking: TrackingReference,
  }),
  z.strictObject({
    decision: z.literal('promote'),
    run: RunReference,
    evaluation: EvaluationReference,
    staged: z.lazy(() => Staged),
  }),
  z.strictObject({
    decision: z.literal('reject'),
    run: RunReference,
    evaluation: EvaluationReference,
    /** Absent: from before MLflow was told of rejections, and so it isn't. */
    tracking: TrackingReference.exactOptional(),
    /** Absent: the gate said no. */
    answer: TokenAnswer.optional(),
  }),
  z.strictObject({
    decision: z.literal('rollback'),
    decisionId: z.string(),
    model: ModelName,
    from: z.int().min(1),
    to: z.int().min(1).optional(),
    actor: z.string(),
    reason: z.string().min(1),
  }),
  z.strictObject({
    decision: z.literal('accept'),
    decisionId: z.string(),
    run: RunReference,
    data: DataReference,
    actor: z.string(),
    reason: z.string().min(1),
  }),
]);
export type RecordDecisionInput = z.infer<typeof RecordDecisionInput>;

export const Staged = z.strictObject({
  version: z.int(),
  sha256: Sha256,
  revision: z.int(),
  sequence: z.int(),
});
export type Staged = z.infer<typeof Staged>;
/** Also the answer to promote and rollback. */
export const Moved = Staged.extend({ previousVersion: z.union([z.int(), z.null()]) });
export type Moved = z.infer<typeof Moved>;
export const Recorded = z.strictObject({ sequence: z.int() });

export const SmokeTestInput = z.strictObject({
  run: RunReference,
  data: DataReference,
  staged: Staged,
});
export const SmokeTest = z.strictObject({
  sha256: Sha256,
  checks: z
    .array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() }))
    .max(20),
});
export type SmokeTest = z.infer<typeof SmokeTest>;

export const VerifyPromotionInput = z.strictObject({
  run: RunReference,
  data: DataReference,
  promoted: Moved,
});
export const Verified = z.strictObject({ version: z.int(), sha256: Sha256 });

/** A step whose output is recorded, by its state's name. */
const step = <N extends string, I extends z.ZodType, O extends z.ZodType>(
  name: N,
  input: I,
  output: O,
) => ({ name, input, output });

/**
 * Every step whose output is recorded: for `resume`, for the next step's check, and for whoever reads
 * the run.
 */
export const STEPS = {
  CheckCiReport: step('CheckCiReport', CheckCiReportInput, CiCheck),
  ValidateData: step('ValidateData', ValidateDataInput, DataReference),
  QuickTrain: step('QuickTrain', TrainInput, TrainingReference),
  RecordCiRun: step('RecordCiRun', RecordRunInput, TrackingReference),
  PlanCandidates: step('PlanCandidates', PlanInput, CandidatePlan),
  TrainCandidate: step('TrainCandidate', TrainCandidateInput, ScoredCandidate),
  ChooseCandidate: step('ChooseCandidate', ChooseInput, CandidateChoice),
  ProposeCandidates: step('ProposeCandidates', PlanInput, CandidatePlan),
  FullTrain: step('FullTrain', FullTrainInput, TrainingReference),
  EvaluateChallenger: step('EvaluateChallenger', EvaluateInput, EvaluationReference),
  RecordCdRun: step('RecordCdRun', RecordRunInput, TrackingReference),
  DeployToStaging: step('DeployToStaging', RecordDecisionInput, Staged),
  SmokeTest: step('SmokeTest', SmokeTestInput, SmokeTest),
  Promote: step('Promote', RecordDecisionInput, Moved),
  RecordGateRejection: step('RecordGateRejection', RecordDecisionInput, Recorded),
  RecordRejection: step('RecordRejection', RecordDecisionInput, Recorded),
  VerifyPromotion: step('VerifyPromotion', VerifyPromotionInput, Verified),
} as const;
export type StepName = keyof typeof STEPS;

/** The fields of inputs that bear another step's output (or a list of outputs), and the steps that may have made it. */
export const PRODUCERS: Readonly<Record<string, readonly StepName[]>> = {
  data: ['ValidateData'],
  plan: ['PlanCandidates', 'ProposeCandidates'],
  scores: ['TrainCandidate'],
  choice: ['ChooseCandidate'],
  training: ['QuickTrain', 'FullTrain'],
  evaluation: ['EvaluateChallenger'],
  tracking: ['RecordCdRun'],
  staged: ['DeployToStaging'],
  promoted: ['Promote'],
};

/** The closer's two callers: the machine's last states, and Step Functions' status-change event. */
export const CloseRunInput = z.strictObject({
  run: ExecutionInput.loose(),
  outcome: z.enum(['completed', 'rejected', 'rejected_by_gate', 'failed']),
  reason: z.string(),
  /** Of a failed run: `{Error, Cause}` as Step Functions gives it. */
  error: z.strictObject({ Error: z.string(), Cause: z.string() }).optional(),
  version: z.int().optional(),
});
export const StatusChangeEvent = z.looseObject({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    name: z.string(),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
export const Closed = z.strictObject({ status: z.string() });
