/** MLflow's model registry: versions by our own number, and the aliases that point at them. */
import * as z from 'zod';
import { TitleholderError } from '#domain/errors.ts';
import type { Tracking, TrackingAliases } from '#domain/ports/tracking.ts';
import {
  API,
  type Deadline,
  Ignored,
  isRefused,
  type MlflowClient,
  PAGE,
  Pairs,
} from './client.ts';
import { filterText, TAGS } from './limits.ts';

const VersionNumber = z.union([z.string(), z.number()]).transform(Number);
const VersionAnswer = z.object({ version: VersionNumber, tags: Pairs });
type VersionAnswer = z.infer<typeof VersionAnswer>;
const VersionsAnswer = z.object({
  model_versions: z.array(VersionAnswer).default([]),
  next_page_token: z.string().optional(),
});
const Registered = z.object({
  registered_model: z.object({
    aliases: z.array(z.object({ alias: z.string(), version: VersionNumber })).default([]),
  }),
});

const ALIASES = ['champion', 'challenger', 'previous'] as const;

export interface Registry {
  /** MLflow's number of our version; registered once. `modelId` is the model that its run made. */
  register(
    of: Parameters<Tracking['registerVersion']>[0] & { readonly modelId: string | undefined },
    until: Deadline,
  ): Promise<number>;
  setAliases(model: string, aliases: TrackingAliases, until: Deadline): Promise<void>;
  aliases(model: string, until: Deadline): Promise<TrackingAliases | undefined>;
}

export function mlflowRegistry(client: MlflowClient): Registry {
  return {
    async register({ model, version, sha256, trackingRunId, commit, description, modelId }, until) {
      await createModel(client, model, until);
      const old = numberOf(await versionsOf(client, model, until), version);
      if (old !== undefined) return old;
      const created = await client.send(
        'POST',
        `${API}/model-versions/create`,
        {
          name: model,
          ...(modelId === undefined
            ? { source: `runs:/${trackingRunId}/model` }
            : { source: `models:/${modelId}`, model_id: modelId }),
          run_id: trackingRunId,
          description,
          tags: [
            { key: TAGS.version, value: String(version) },
            { key: TAGS.sha256, value: sha256 },
            { key: TAGS.commit, value: commit },
          ],
        },
        z.object({ model_version: VersionAnswer }),
        until,
      );
      // A retried creation may have made two: the smallest number is the version's.
      const all = await versionsOf(client, model, until);
      return numberOf(all, version) ?? created.model_version.version;
    },

    async setAliases(model, aliases, until) {
      const wanted = ALIASES.map((alias) => ({ alias, version: aliases[alias] }));
      const known = wanted.some((w) => w.version !== null)
        ? await versionsOf(client, model, until)
        : [];
      // All are looked up before the first is moved.
      const moves = wanted.map(({ alias, version }) => {
        if (version === null) return { alias, number: null };
        const number = numberOf(known, version);
        if (number !== undefined) return { alias, number };
        throw new TitleholderError(
          'TrackingRefused',
          `version ${version} of ${model} is not registered in MLflow yet`,
          { model, version },
        );
      });
      for (const { alias, number } of moves) {
        if (number === null) await removeAlias(client, model, alias, until);
        else {
          const body = { name: model, alias, version: String(number) };
          await client.send('POST', `${API}/registered-models/alias`, body, Ignored, until);
        }
      }
    },

    async aliases(model, until) {
      try {
        const { registered_model } = await client.get(
          `${API}/registered-models/get`,
          { name: model },
          Registered,
          until,
        );
        if (registered_model.aliases.length === 0) {
          return { champion: null, challenger: null, previous: null };
        }
        const versions = await versionsOf(client, model, until);
        const ours = (alias: keyof TrackingAliases): number | null => {
          const number = registered_model.aliases.find((a) => a.alias === alias)?.version;
          const version = versions.find((v) => v.version === number);
          const tag = version === undefined ? undefined : ourVersion(version);
          return tag === undefined ? null : Number(tag);
        };
        return {
          champion: ours('champion'),
          challenger: ours('challenger'),
          previous: ours('previous'),
        };
      } catch (error) {
        if (isRefused(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
        throw error;
      }
    },
  };
}

async function createModel(client: MlflowClient, model: string, until: Deadline): Promise<void> {
  try {
    const body = { name: model, tags: [{ key: TAGS.model, value: model }] };
    await client.send('POST', `${API}/registered-models/create`, body, Ignored, until);
  } catch (error) {
    if (!isRefused(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
}

async function removeAlias(
  client: MlflowClient,
  model: string,
  alias: string,
  until: Deadline,
): Promise<void> {
  try {
    const body = { name: model, alias };
    await client.send('DELETE', `${API}/registered-models/alias`, body, Ignored, until);
  } catch (error) {
    // No model, no alias.
    if (!isRefused(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
  }
}

/** Every version of a model, all pages. */
async function versionsOf(
  client: MlflowClient,
  model: string,
  until: Deadline,
): Promise<readonly VersionAnswer[]> {
  const found: VersionAnswer[] = [];
  let token: string | undefined;
  do {
    const page = await client.get(
      `${API}/model-versions/search`,
      { filter: `name='${filterText(model)}'`, max_results: PAGE, page_token: token },
      VersionsAnswer,
      until,
    );
    found.push(...page.model_versions);
    token = page.next_page_token === '' ? undefined : page.next_page_token;
  } while (token !== undefined);
  return found;
}

/** The registry's version number, from MLflow's tag for it. */
function ourVersion(of: VersionAnswer): string | undefined {
  return of.tags.find((t) => t.key === TAGS.version)?.value;
}

/** MLflow's number of our version: the smallest, where a retried creation made two. */
function numberOf(all: readonly VersionAnswer[], version: number): number | undefined {
  const numbers = all.filter((v) => ourVersion(v) === String(version)).map((v) => v.version);
  return numbers.sort((a, b) => a - b)[0];
}
