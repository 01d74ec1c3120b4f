/** Point 4: a bad candidate meets the gate, and a good commit's event comes again. */
import type { CommitPushed } from '#contracts/events.ts';
import { expectThat } from '../expectation.ts';
import { aucOf, inspectChallenger, named } from '../inspect.ts';
import type { Stage } from '../stage.ts';
import { expectDuplicateVerbs, expectNoNewExecution } from './duplicates.ts';
import { comparison, expectServing, follow, part, send, toQuestion } from './release.ts';

export async function badCandidate(stage: Stage, good: CommitPushed): Promise<void> {
  const { vera, ben } = stage.people;
  const champion = stage.crowned.at(-1);
  if (champion === undefined) throw new Error('there is no champion to defend');
  await stage.repository.commit(
    [stage.model, stage.twin],
    stage.story.bad,
    'Three stumps should be enough',
  );

  await part(stage, 'a bad candidate, rejected by the gate', async () => {
    const { runId } = await send(stage);
    const status = await follow(stage, runId);
    const { evaluation, run } = status;
    const found = await inspectChallenger(stage, status, champion);
    expectThat(
      run.status === 'rejected_by_gate' && evaluation?.verdict === 'reject',
      named('EvaluateChallenger'),
      `the bad candidate is ${run.status}, verdict ${evaluation?.verdict ?? '-'}`,
    );
    const ours = aucOf(found.measured.challenger) ?? Number.NaN;
    expectThat(
      found.measured.baselines.every((baseline) => ours > (aucOf(baseline) ?? Number.NaN)),
      'story.json',
      'the bad candidate does not even beat the baselines',
    );
    expectThat(
      status.pending === null && !status.steps.some((step) => isQuestion(step)),
      named('EvaluateChallenger'),
      'somebody was asked about a candidate that the gate rejected',
    );
    const { entries } = await vera.api.ledger(stage.model);
    const entry = entries.find((one) => one.runId === runId);
    expectThat(
      entry?.kind === 'rejected_by_gate' && entry.authority === 'policy',
      named('RecordGateRejection'),
      'the ledger does not say that the gate rejected it',
    );
    await expectServing(stage, champion, named('RecordGateRejection'));
    stage.diary.decision(run.commit, 'rejected_by_gate', evaluation.reason);
    return {
      outcome: `reject: ${comparison(found)}; nobody was asked, version ${champion.version} serves`,
      value: undefined,
    };
  });

  await part(stage, 'the same commit for a model without a champion', async () => {
    const { runId } = await send(stage, stage.twin);
    const question = await toQuestion(stage, runId, undefined);
    const reason = 'It beats the baselines, but we have better';
    await ben.api.decide(runId, 'reject', { reason, digest: question.digest });
    const status = await follow(stage, runId, {
      answered: question.digest,
      told: question.told,
    });
    expectThat(
      status.run.status === 'rejected',
      named('RecordRejection'),
      `the twin's run is ${status.run.status}, not rejected`,
    );
    const { evaluation } = question.status;
    return {
      outcome: `${evaluation?.verdict ?? '-'}: ${comparison(question)}; went to approval, and ben said no`,
      value: undefined,
    };
  });

  await part(stage, "a good commit's event again, after it ended", () =>
    expectNoNewExecution(stage, good),
  );
  await part(stage, 'and with another time', () =>
    expectNoNewExecution(stage, { ...good, asOf: new Date().toISOString() }),
  );
  await part(stage, 'and asked for by a person', () => expectDuplicateVerbs(stage, good));
}

function isQuestion({ name, status }: { readonly name: string; readonly status: string }): boolean {
  return name === 'WaitForApproval' && status !== 'idle' && status !== 'skipped';
}
