import { afterAll, describe, expect, it } from 'vitest';
import { Definition, targetsOf, tasksOf } from '#adapters/memory/asl/definition.ts';
import { releaseModel } from '../../state-machines/release-model/definition.ts';
import {
  ANSWER,
  CHOICE,
  DATA,
  EVALUATION,
  INPUT,
  OUTPUTS,
  PLAN,
  QUESTION,
  RUN,
} from './samples.ts';
import { throwing, walk as walkOnce, type Walk } from './walk.ts';

const MAX_BYTES = 32 * 1024;
const definition = Definition.parse(releaseModel);

/** Edges `A > B` that some test of this file walked. */
const walked = new Set<string>();
const walk: typeof walkOnce = async (...given) => {
  const result = await walkOnce(...given);
  // What happens to the items of a Map is inside it.
  const states = result.states.filter((state) => state in definition.States);
  states.forEach((state, i) => {
    const next = states[i + 1];
    if (next !== undefined) walked.add(`${state} > ${next}`);
  });
  expect(result.bytes).toBeLessThan(MAX_BYTES);
  return result;
};
const closed = (result: Walk) => result.calls.findLast((c) => c.function === 'CloseRun')?.input;

const rejected = { ...ANSWER, choice: 'rejected', reason: 'not now' };
const stale = { ...ANSWER, choice: 'stale' };
const evaluating = (next: string) => ({ EvaluateChallenger: () => ({ ...EVALUATION, next }) });

describe('release-model', () => {
  it('promotes what a person approved', async () => {
    const result = await walk();
    expect(result.status).toBe('SUCCEEDED');
    expect(result.states.filter((s) => s === 'TrainCandidate')).toHaveLength(12);
    expect(result.states.filter((s) => s !== 'TrainCandidate')).toEqual([
      'OpenRun',
      'CheckCiReport',
      'ValidateData',
      'IsQuestionOpen',
      'QuickTrain',
      'RecordCiRun',
      'IsHoldAsked',
      'PlanCandidates',
      'TrainCandidates',
      'ChooseCandidate',
      'IsRetuneAsked',
      'FullTrain',
      'EvaluateChallenger',
      'RecordCdRun',
      'WhoDecides',
      'WaitForApproval',
      'WhatWasAnswered',
      'DeployToStaging',
      'SmokeTest',
      'Promote',
      'VerifyPromotion',
      'CloseCompleted',
      'Completed',
    ]);
    expect(closed(result)).toMatchObject({
      outcome: 'completed',
      version: 2,
      run: { runId: INPUT.runId },
    });
  });

  it('promotes by policy without asking anybody', async () => {
    const result = await walk(evaluating('policy'));
    expect(result.status).toBe('SUCCEEDED');
    expect(result.calls.map((c) => c.function)).not.toContain('AskPerson');
  });

  it('asks nobody about what a gate rejected, and records the rejection', async () => {
    const result = await walk(evaluating('nobody'));
    expect(result.states.slice(-4)).toEqual([
      'WhoDecides',
      'RecordGateRejection',
      'CloseGateRejected',
      'Rejected',
    ]);
    expect(result.status).toBe('SUCCEEDED');
    expect(closed(result)).toMatchObject({
      outcome: 'rejected_by_gate',
      reason: EVALUATION.reason,
    });
  });

  it('completes without a version where the challenger is the champion, and asks nobody', async () => {
    const result = await walk(evaluating('unchanged'));
    expect(result.states.slice(-3)).toEqual(['WhoDecides', 'CloseUnchanged', 'Completed']);
    expect(result.status).toBe('SUCCEEDED');
    expect(result.calls.map((c) => c.function)).not.toContain('AskPerson');
    expect(result.calls.map((c) => c.function)).not.toContain('RecordDecision');
    expect(closed(result)).toEqual({
      run: expect.objectContaining({ runId: INPUT.runId }) as unknown,
      outcome: 'completed',
      reason: EVALUATION.reason,
    });
  });

  it('closes as rejected what a person rejected, with the reason', async () => {
    const result = await walk({}, { answers: [rejected] });
    expect(result.states.slice(-4)).toEqual([
      'WhatWasAnswered',
      'RecordRejection',
      'CloseRejected',
      'Rejected',
    ]);
    expect(closed(result)).toMatchObject({ outcome: 'rejected', reason: 'not now' });
  });

  it('evaluates again when the approval was stale', async () => {
    const result = await walk({}, { answers: [stale, ANSWER] });
    expect(result.states.filter((s) => s === 'EvaluateChallenger').length).toBe(2);
    expect(result.status).toBe('SUCCEEDED');
  });

  it.each([
    ['charter', 'approved', 'ValidateData'],
    ['holdout', 'stale', 'ValidateData'],
    ['charter', 'rejected', 'CloseRejected'],
  ])('asks about a changed %s; %s goes on to %s', async (kind, choice, next) => {
    let asked = false;
    const question = () => {
      if (asked) return DATA;
      asked = true;
      return { ...DATA, question: { ...QUESTION, kind } };
    };
    const result = await walk({ ValidateData: question }, { answers: [{ ...ANSWER, choice }] });
    expect(result.states[result.states.indexOf('WasAccepted') + 1]).toBe(next);
    expect(result.calls.find((c) => c.function === 'AskPerson')?.input).toMatchObject({
      kind: 'acceptance',
      data: { question: { kind } },
    });
  });

  const held = { ValidateData: () => ({ ...DATA, holdBeforeCd: true }) };
  it.each([
    ['approved', 'PlanCandidates'],
    ['rejected', 'CloseRejected'],
    ['stale', 'UnknownAnswer'],
  ])('holds before CD when the model asks; %s goes on to %s', async (choice, next) => {
    const result = await walk(held, { answers: [{ ...ANSWER, choice }, ANSWER] });
    expect(result.states[result.states.indexOf('WasContinued') + 1]).toBe(next);
  });

  it.each(['DeployToStaging', 'Promote'])(
    'evaluates again when the champion moved before %s',
    async (state) => {
      for (const error of ['ChampionMoved', 'ApprovalStale']) {
        const decision = state === 'Promote' ? 'promote' : 'stage';
        let moved = false;
        const result = await walk({
          RecordDecision: (input) => {
            if (input.decision !== decision || moved) return OUTPUTS['RecordDecision']?.(input);
            moved = true;
            return throwing(error)();
          },
        });
        expect(result.states[result.states.indexOf(state) + 1]).toBe('EvaluateChallenger');
        expect(result.status).toBe('SUCCEEDED');
      }
    },
  );

  it.each(['WaitForAcceptance', 'WaitForContinue', 'WaitForApproval'])(
    'closes the run as expired when nobody answers %s',
    async (state) => {
      const silent = { AskPerson: () => undefined };
      const overrides =
        state === 'WaitForAcceptance'
          ? { ...silent, ValidateData: () => ({ ...DATA, question: QUESTION }) }
          : state === 'WaitForContinue'
            ? { ...silent, ...held }
            : silent;
      // Before an acceptance the old policy's time counts, after it the accepted one's.
      const { waitSeconds } = state === 'WaitForAcceptance' ? RUN : DATA;
      const early = await walk(overrides, { elapse: waitSeconds - 1 });
      expect(early.status).toBe('RUNNING');
      const late = await walk(overrides, { elapse: waitSeconds });
      expect(late.states.slice(-4)).toEqual([state, 'NobodyAnswered', 'CloseFailed', 'Failed']);
      expect(late.error).toBe('Expired');
    },
  );

  it('retunes as often as the choice asks, and then fits', async () => {
    const result = await walk({
      ChooseCandidate: ({ plan }) => ({
        ...CHOICE,
        attempt: plan.attempt,
        next: plan.attempt < 3 ? 'retune' : 'fit',
      }),
    });
    expect(result.status).toBe('SUCCEEDED');
    const of = (name: string) => result.calls.filter((c) => c.function === name);
    expect(of('ChooseCandidate').map((c) => c.input.plan.attempt)).toEqual([1, 2, 3]);
    expect(of('TrainCandidate')).toHaveLength(3 * PLAN.candidates.length);
    expect(of('PlanCandidates').map((c) => c.input.choice?.attempt)).toEqual([undefined, 1, 2]);
    expect(of('FullTrain').map((c) => c.input.choice.attempt)).toEqual([3]);
    // Nothing that reads the holdout comes before it.
    expect(result.states.lastIndexOf('TrainCandidates')).toBeLessThan(
      result.states.indexOf('EvaluateChallenger'),
    );
  });

  it('hands the scores over in the order of the plan, whichever candidate ended first', async () => {
    const result = await walk({
      TrainCandidate: async (input) => {
        const slow = PLAN.candidates.length - PLAN.candidates.indexOf(input.candidate);
        for (let i = 0; i < 3 * slow; i += 1) await Promise.resolve();
        return OUTPUTS['TrainCandidate']?.(input);
      },
    });
    const { scores } = result.calls.find((c) => c.function === 'ChooseCandidate')?.input;
    expect(scores.map((s: { candidate: string }) => s.candidate)).toEqual(PLAN.candidates);
  });

  const tasks = tasksOf(definition).map(([name, state]) => ({
    name,
    placeholder: (/\$\{(\w+)\}/.exec(JSON.stringify(state)) ?? [])[1] ?? '',
  }));
  const retuning = { ChooseCandidate: () => ({ ...CHOICE, next: 'retune' }) };
  /** What makes the machine come by a state. */
  const WAYS: Record<
    string,
    { overrides?: Record<string, (input: any) => unknown>; answers?: unknown[] }
  > = {
    WaitForAcceptance: { overrides: { ValidateData: () => ({ ...DATA, question: QUESTION }) } },
    WaitForContinue: { overrides: held },
    ProposeCandidates: { overrides: retuning },
    RecordGateRejection: { overrides: evaluating('nobody') },
    CloseGateRejected: { overrides: evaluating('nobody') },
    CloseUnchanged: { overrides: evaluating('unchanged') },
    RecordRejection: { answers: [rejected] },
    CloseRejected: { answers: [rejected] },
  };
  it.each(tasks.filter((t) => t.name !== 'CloseFailed'))(
    'closes the run as failed, by name, when $name fails',
    async ({ name, placeholder }) => {
      const way = WAYS[name] ?? {};
      const before = way.overrides?.[placeholder] ?? OUTPUTS[placeholder];
      const fails = (input: any) => {
        const here =
          (
            {
              PlanCandidates: input.choice === undefined,
              ProposeCandidates: input.choice !== undefined,
              RecordCiRun: input.stage === 'CI',
              RecordCdRun: input.stage === 'CD',
              DeployToStaging: input.decision === 'stage',
              Promote: input.decision === 'promote',
              CloseCompleted: input.outcome === 'completed',
              CloseUnchanged: input.outcome === 'completed',
              CloseRejected: input.outcome === 'rejected',
              CloseGateRejected: input.outcome === 'rejected_by_gate',
            } as Record<string, boolean>
          )[name] ?? true;
        return here ? throwing('ArtifactCorrupt', 'the bytes are others')() : before?.(input);
      };
      const result = await walk(
        { ...way.overrides, [placeholder]: fails },
        { answers: way.answers ?? [] },
      );
      const last = name === 'TrainCandidate' ? 'TrainCandidates' : name;
      const visited = result.states.filter((s) => s !== 'TrainCandidate');
      expect(visited.slice(-3)).toEqual([last, 'CloseFailed', 'Failed']);
      expect(result.status).toBe('FAILED');
      expect(result.error).toBe('ArtifactCorrupt');
      expect(JSON.parse(result.cause ?? '')).toMatchObject({
        errorMessage: 'the bytes are others',
      });
      expect(closed(result)).toMatchObject({
        outcome: 'failed',
        error: { Error: 'ArtifactCorrupt' },
      });
    },
  );

  it('ends as failed with the first error when the closing fails too', async () => {
    const result = await walk({
      CheckCiReport: throwing('CiReportRefused'),
      CloseRun: throwing('ArtifactMissing'),
    });
    expect(result.states.slice(-3)).toEqual(['CheckCiReport', 'CloseFailed', 'Failed']);
    expect(result.error).toBe('CiReportRefused');
  });

  it.each([
    ['Unavailable', 6],
    ['Conflict', 6],
    ['Lambda.TooManyRequestsException', 6],
    ['TrackingUnavailable', 1],
    ['DataInvalid', 1],
  ])('calls a step that throws %s %i times', async (error, times) => {
    const result = await walk({ RecordRun: throwing(error) });
    expect(result.calls.filter((c) => c.function === 'RecordRun').length).toBe(times);
    expect(result.error).toBe(error);
  });

  it.each([
    [
      'IsQuestionOpen',
      { ValidateData: () => ({ ...DATA, question: { ...QUESTION, kind: 'else' } }) },
      [],
    ],
    ['WhoDecides', evaluating('somebody'), []],
    ['IsRetuneAsked', { ChooseCandidate: () => ({ ...CHOICE, next: 'perhaps' }) }, []],
    ['WhatWasAnswered', {}, [{ ...ANSWER, choice: 'perhaps' }]],
    [
      'WasAccepted',
      { ValidateData: () => ({ ...DATA, question: QUESTION }) },
      [{ ...ANSWER, choice: 'perhaps' }],
    ],
  ])('fails by name when %s finds a value it does not know', async (state, overrides, answers) => {
    const result = await walk(overrides as Record<string, (input: any) => unknown>, {
      answers,
      lenient: true,
    });
    expect(result.states.slice(-4)).toEqual([state, 'UnknownAnswer', 'CloseFailed', 'Failed']);
    expect(result.error).toBe('BadInput');
  });

  it('fails by name when validation does not say whether to hold', async () => {
    const unsaid = { ValidateData: () => ({ ...DATA, holdBeforeCd: 'yes' }) };
    const result = await walk(unsaid, { lenient: true });
    expect(result.states.slice(-4)).toEqual([
      'IsHoldAsked',
      'UnknownAnswer',
      'CloseFailed',
      'Failed',
    ]);
  });

  afterAll(() => {
    const edges = Object.entries(definition.States).flatMap(([name, state]) =>
      targetsOf(state).map((next) => `${name} > ${next}`),
    );
    // Every state and every branch, Choice and Catch alike, was walked by the tests above.
    expect([...new Set(edges)].filter((edge) => !walked.has(edge))).toEqual([]);
  });
});
