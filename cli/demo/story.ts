/** One release after the other, from a first commit to a rollback: seven points, in this order. */
import { join } from 'node:path';
import { awsView } from './aws.ts';
import { newDiary, type StoryReport } from './diary.ts';
import { makeRepository } from './repository.ts';
import { replaceByRecording } from './sabotage.ts';
import { badCandidate } from './scenes/bad-candidate.ts';
import { betterChallenger } from './scenes/better-challenger.ts';
import { declined } from './scenes/declined.ts';
import { firstChampion } from './scenes/first-champion.ts';
import { records } from './scenes/records.ts';
import { rollback } from './scenes/rollback.ts';
import { castPeople, type Stage } from './stage.ts';
import type { Teller } from './teller.ts';
import type { LocalIssuer } from '../../adapters/identity/local-issuer.ts';
import type { Endpoints } from '../remote/place.ts';

export interface Told {
  readonly report: StoryReport;
  /** Of the ledger, as a table; undefined when the story didn't come that far. */
  readonly ledger: string | undefined;
  /** What went against the story; undefined when nothing did. */
  readonly failure: unknown;
}

/**
 * Plays the story on a running stack, under `of.name`, which must have no history there.
 *
 * @param of.source the model folder. @param of.breakStep replaces this function before the second
 * commit by one that repeats its last output; put back at the end.
 */
export async function playStory(of: {
  readonly endpoints: Endpoints;
  readonly issuer: LocalIssuer;
  /** Where the repository goes. */
  readonly folder: string;
  readonly source: string;
  readonly name: string;
  readonly rows?: number | undefined;
  readonly breakStep?: string | undefined;
  readonly tell: Teller;
}): Promise<Told> {
  const { endpoints, name, tell } = of;
  const twin = `${name.slice(0, 26)}-new`;
  const { repository, story } = await makeRepository({
    root: join(of.folder, 'repository'),
    source: of.source,
    names: [name, twin],
    rows: of.rows,
  });
  const { people, staging } = await castPeople(of.issuer, endpoints);
  const diary = newDiary(name);
  let putBack: (() => Promise<void>) | undefined;
  const stage: Stage = {
    model: name,
    twin,
    endpoints,
    people,
    staging,
    aws: awsView(endpoints.awsEndpointUrl),
    repository,
    story,
    diary,
    tell,
    crowned: [],
    artifacts: new Map(),
    sabotage: async () => {
      const { breakStep } = of;
      if (breakStep === undefined) return;
      const runId = stage.crowned[0]?.runId ?? '';
      const { api } = people.vera;
      putBack = await replaceByRecording({
        endpoint: endpoints.awsEndpointUrl,
        step: breakStep,
        api,
        runId,
      });
      tell.say(`${breakStep} now repeats its last output`);
    },
  };
  try {
    await firstChampion(stage);
    const good = await betterChallenger(stage);
    await badCandidate(stage, good);
    await declined(stage);
    await rollback(stage);
    const ledger = await records(stage);
    return { report: diary.report(), ledger, failure: undefined };
  } catch (failure) {
    return { report: diary.report(), ledger: undefined, failure };
  } finally {
    await putBack?.();
  }
}
