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
import { castPeople, type World } from './world.ts';
import type { Teller } from './teller.ts';
import type { LocalIssuer } from '#adapters/oidc/local-issuer.ts';
import type { Endpoints } from '../cli/local-stack.ts';

export interface Told {
  readonly report: StoryReport;
  /** Of the ledger, as a table; undefined when the story didn't come that far. */
  readonly ledger: string | undefined;
  /** What went against the story; undefined when nothing did. */
  readonly failure: Error | undefined;
}

export interface Setting {
  readonly endpoints: Endpoints;
  readonly issuer: LocalIssuer;
  /** Where the repository goes. */
  readonly folder: string;
  /** The model folder. */
  readonly source: string;
  /** What the model is called here; it must have no history on this stack. */
  readonly name: string;
  readonly rows?: number | undefined;
  /** Replaces this function before the second commit by one that repeats its last output. */
  readonly breakStep?: string | undefined;
  readonly tell: Teller;
}

/** Makes the repository, the people and everything that scenes need. */
export async function prepareWorld(
  of: Setting,
): Promise<{ readonly world: World; readonly putBack: () => Promise<void> }> {
  const { endpoints, name, tell, breakStep } = of;
  const twin = `${name.slice(0, 26)}-new`;
  const { repository, story } = await makeRepository({
    root: join(of.folder, 'repository'),
    source: of.source,
    names: [name, twin],
    rows: of.rows,
  });
  const { people, staging } = await castPeople(of.issuer, endpoints);
  const repairs: (() => Promise<void>)[] = [];
  const world: World = {
    model: name,
    twin,
    endpoints,
    people,
    staging,
    aws: awsView(endpoints.awsEndpointUrl),
    repository,
    story,
    diary: newDiary(name),
    tell,
    champions: [],
    artifacts: new Map(),
    sabotage: async () => {
      if (breakStep === undefined) return;
      const repair = await replaceByRecording({
        endpoint: endpoints.awsEndpointUrl,
        step: breakStep,
        api: people.vera.api,
        runId: world.champions[0]?.runId ?? '',
      });
      repairs.push(repair);
      tell.say(`${breakStep} now repeats its last output`);
    },
  };
  return {
    world,
    putBack: async () => {
      for (const repair of repairs) await repair();
    },
  };
}

/** Plays the story on a running stack; what was replaced is put back at its end. */
export async function playStory(of: Setting): Promise<Told> {
  const { world, putBack } = await prepareWorld(of);
  const { diary } = world;
  try {
    await firstChampion(world);
    const good = await betterChallenger(world);
    await badCandidate(world, good);
    await declined(world);
    await rollback(world);
    const ledger = await records(world);
    return { report: diary.report(), ledger, failure: undefined };
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    return { report: diary.report(), ledger: undefined, failure };
  } finally {
    await putBack();
  }
}
