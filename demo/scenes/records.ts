/** Point 7: what is left on record. */
import { verifyLedger } from '#domain/ledger.ts';
import { ledgerTable } from '../../cli/remote/answer-words.ts';
import { eventually, expectThat } from '../expectation.ts';
import type { World } from '../world.ts';
import { aliasesOf, trackedRuns } from '../tracking.ts';
import { part } from './release.ts';

const TAGS = ['commit_sha', 'stage', 'dataset_window', 'seed', 'model_version'];
/** MLflow follows the ledger by events. */
const MIRROR_SECONDS = 300;

/** @returns the ledger as a table. */
export async function records(world: World): Promise<string> {
  const ledger = await part(world, 'the ledger, verified here', async () => {
    const { entries, head, verification } = await world.people.vera.api.ledger(world.model);
    const checked = verifyLedger(world.model, entries, { head });
    expectThat(checked.ok, 'ledger', `the chain breaks: ${JSON.stringify(checked)}`);
    expectThat(verification.ok, 'read-pipeline', 'the API finds the chain broken');
    const kinds = entries.map(({ kind }) => kind);
    const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
    expectThat(
      count('promoted') === 3 &&
        count('rolled_back') === 2 &&
        count('rejected') === 1 &&
        count('rejected_by_gate') === 1,
      'record-decision',
      `the ledger holds ${kinds.join(', ')}`,
    );
    return {
      outcome: `${checked.length} entries, every hash and link right`,
      value: ledgerTable(entries, '  '),
    };
  });
  await part(world, 'MLflow: runs and tags', async () => {
    const runs = await eventually({
      step: 'mirror-champion',
      seconds: MIRROR_SECONDS,
      ask: () => trackedRuns(world.endpoints.mlflowTrackingUri, world.model),
      until: (found) => found.some(({ tags }) => tags['decided_by'] === 'ben'),
      otherwise: () => 'no run in MLflow says that ben rejected it',
    });
    const bare = runs.find(({ tags }) => TAGS.some((tag) => (tags[tag] ?? '') === ''));
    expectThat(
      bare === undefined,
      'record-run',
      `MLflow run ${bare?.runId ?? ''} lacks one of ${TAGS.join(', ')}`,
    );
    for (const { commit, version } of world.champions) {
      for (const kind of ['CI', 'CD']) {
        expectThat(
          runs.some(({ tags }) => tags['commit_sha'] === commit && tags['stage'] === kind),
          'record-run',
          `MLflow has no ${kind} run of version ${version}`,
        );
      }
    }
    return { outcome: `${runs.length} runs, each with ${TAGS.join(', ')}`, value: undefined };
  });
  await part(world, 'MLflow: its aliases, as the pointers say', async () => {
    const aliases = await eventually({
      step: 'mirror-champion',
      seconds: MIRROR_SECONDS,
      ask: () => aliasesOf(world.endpoints.mlflowTrackingUri, world.model),
      // After the last rollback nothing is behind the champion, and nothing is staged that may follow it.
      until: (found) => found['champion'] === 1 && Object.keys(found).length === 1,
      otherwise: (found) => `MLflow's aliases are ${JSON.stringify(found)}`,
    });
    return {
      outcome: Object.entries(aliases)
        .map(([alias, version]) => `${alias} = version ${version}`)
        .join(', '),
      value: undefined,
    };
  });
  return ledger;
}
