/** Sample outputs of the machine's functions, each parsed by its own schema, and as big as they get. */
import type * as z from 'zod';
import {
  TokenAnswer,
  AskInput,
  CheckCiReportInput,
  CandidateChoice,
  ChooseInput,
  CiCheck,
  Closed,
  CloseRunInput,
  DataReference,
  EvaluateInput,
  EvaluationReference,
  ExecutionInput,
  FullTrainInput,
  Moved,
  OpenRunInput,
  CandidatePlan,
  PlanInput,
  Recorded,
  RecordDecisionInput,
  RecordRunInput,
  RunReference,
  ScoredCandidate,
  SmokeTest,
  SmokeTestInput,
  Staged,
  TrackingReference,
  TrainCandidateInput,
  TrainingReference,
  TrainInput,
  ValidateDataInput,
  Verified,
  VerifyPromotionInput,
} from '#contracts/steps.ts';

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
/** The longest sentence that we let a step write into the state. */
const SENTENCE = 'x'.repeat(1000);

const MODEL = 'abcdefghij-klmnopqrst-uvwxyz01';
export const INPUT = ExecutionInput.parse({
  schemaVersion: 1,
  runId: `${MODEL}-0123456789ab-01234567`,
  model: MODEL,
  attempt: 1,
});
export const RUN = RunReference.parse({
  ...INPUT,
  commit: '0123456789abcdef0123456789abcdef01234567',
  bundle: hash('1'),
  data: hash('2'),
  ciReport: hash('3'),
  asOf: '2026-01-01T00:00:00.000Z',
  waitSeconds: 86_400,
});
export const DATA = DataReference.parse({
  training: hash('4'),
  trainingManifest: hash('5'),
  holdout: hash('6'),
  register: hash('7'),
  epoch: 1,
  report: hash('8'),
  charter: hash('9'),
  holdBeforeCd: false,
  waitSeconds: 3_600,
  rows: 1_000_000,
  trainingRows: 800_000,
  holdoutRows: 200_000,
  datasetWindow: '2025-01-01..2025-12-31',
  question: null,
});
export const QUESTION = { kind: 'charter', digest: hash('a'), summary: SENTENCE } as const;
export const EVALUATION = EvaluationReference.parse({
  measured: hash('b'),
  timings: hash('c'),
  digest: hash('d'),
  artifact: hash('e'),
  charts: hash('2'),
  verdict: 'hold',
  reason: SENTENCE,
  next: 'person',
  champion: { version: 1, sha256: hash('f'), revision: 1 },
});
export const ANSWER = TokenAnswer.parse({
  choice: 'approved',
  by: 'ada@example.com',
  reason: SENTENCE,
});
const STAGED = Staged.parse({ version: 2, sha256: hash('e'), revision: 2, sequence: 3 });

const training = (stage: 'quick' | 'full') =>
  TrainingReference.parse({
    stage,
    artifact: hash('e'),
    candidate: 'a'.repeat(40),
    report: hash('0'),
    charts: hash('1'),
  });

/** As many candidates, with names as long, as a folder or an attempt may have. */
const NAMES = Array.from({ length: 12 }, (_, i) => String(i).padStart(40, 'c'));
export const PLAN = CandidatePlan.parse({ attempt: 1, candidates: NAMES, earlier: null });
export const CHOICE = CandidateChoice.parse({
  attempt: 1,
  candidate: NAMES[0],
  leaderboard: hash('0'),
  next: 'fit',
  reason: SENTENCE,
});

/** What each function reads, by placeholder. */
export const INPUTS: Readonly<Record<string, z.ZodType>> = {
  OpenRun: OpenRunInput,
  CheckCiReport: CheckCiReportInput,
  ValidateData: ValidateDataInput,
  AskPerson: AskInput,
  QuickTrain: TrainInput,
  PlanCandidates: PlanInput,
  TrainCandidate: TrainCandidateInput,
  ChooseCandidate: ChooseInput,
  FullTrain: FullTrainInput,
  RecordRun: RecordRunInput,
  EvaluateChallenger: EvaluateInput,
  RecordDecision: RecordDecisionInput,
  SmokeTest: SmokeTestInput,
  VerifyPromotion: VerifyPromotionInput,
  CloseRun: CloseRunInput,
};

/** What each function that doesn't wait answers, by placeholder; RecordDecision's depends on the decision. */
export const OUTPUTS: Readonly<Record<string, (input: any) => unknown>> = {
  CheckCiReport: () => CiCheck.parse({ tests: 100, report: hash('3') }),
  ValidateData: () => DATA,
  QuickTrain: () => training('quick'),
  PlanCandidates: ({ choice }) =>
    choice === undefined
      ? PLAN
      : CandidatePlan.parse({
          ...PLAN,
          attempt: CandidateChoice.parse(choice).attempt + 1,
          earlier: CandidateChoice.parse(choice).leaderboard,
        }),
  TrainCandidate: ({ candidate }) =>
    ScoredCandidate.parse({ candidate, scores: hash('0'), seconds: 123.456789012345 }),
  ChooseCandidate: ({ plan }) => ({ ...CHOICE, attempt: CandidatePlan.parse(plan).attempt }),
  FullTrain: () => training('full'),
  RecordRun: () => TrackingReference.parse({ trackingRunId: '0'.repeat(32) }),
  EvaluateChallenger: () => EVALUATION,
  RecordDecision: ({ decision }) =>
    decision === 'stage'
      ? STAGED
      : decision === 'promote'
        ? Moved.parse({ ...STAGED, previousVersion: 1 })
        : Recorded.parse({ sequence: 3 }),
  SmokeTest: () =>
    SmokeTest.parse({
      sha256: hash('e'),
      checks: Array.from({ length: 20 }, (_, i) => ({
        name: `check-${i}`,
        ok: true,
        detail: 'x'.repeat(300),
      })),
    }),
  VerifyPromotion: () => Verified.parse({ version: 2, sha256: hash('e') }),
  CloseRun: ({ outcome }) => Closed.parse({ status: outcome }),
};
