import aslValidator from 'asl-validator';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Definition, targetsOf, tasksOf } from '#adapters/memory/asl/definition.ts';
import { ERROR_NAMES } from '#domain/errors.ts';
import {
  functionOf,
  placeholderOf,
  releaseModel,
} from '../../state-machines/release-model/definition.ts';
import { PLATFORM_ERRORS, ERROR_ROUTES } from '../../state-machines/release-model/errors.ts';
import { RETRY } from '../../state-machines/release-model/retry.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const definition = Definition.parse(releaseModel);
const tasks = tasksOf(definition).map(([name, state]) => ({ name, state }));
const ours = (names: Iterable<string>) =>
  [...new Set(names)].filter((n) => n in ERROR_NAMES).sort();
const routed = (...routes: string[]) =>
  Object.entries(ERROR_ROUTES)
    .flatMap(([name, route]) => (routes.includes(route) ? [name] : []))
    .sort();

/** What is wrong with the error names of a definition; empty when nothing is. */
function problemsOf(of: Definition): string[] {
  const problems: string[] = [];
  const named = (name: string, rules: readonly { readonly ErrorEquals: readonly string[] }[]) => {
    for (const error of rules.flatMap((r) => r.ErrorEquals)) {
      if (!(error in ERROR_NAMES) && !(error in PLATFORM_ERRORS))
        problems.push(`${name}: no code throws ${error}`);
    }
  };
  for (const [name, state] of Object.entries(of.States)) {
    if (state.Type !== 'Task' && state.Type !== 'Map') continue;
    named(name, state.Catch);
    if (!state.Catch.at(-1)?.ErrorEquals.includes('States.ALL'))
      problems.push(`${name}: no Catch for States.ALL`);
  }
  // A Map catches what the Task of its items throws.
  for (const [name, state] of tasksOf(of)) {
    named(name, state.Retry);
    if (state.Retry.length === 0) problems.push(`${name}: no Retry`);
    if ((state.TimeoutSeconds ?? state.TimeoutSecondsPath) === undefined)
      problems.push(`${name}: no time-out`);
  }
  return problems;
}

describe('the definition of release-model', () => {
  it('is valid Amazon States Language', () => {
    const deployed = JSON.parse(
      JSON.stringify(releaseModel).replace(
        /\$\{(\w+)\}/g,
        'arn:aws:lambda:us-east-1:000000000000:function:$1',
      ),
    );
    const { isValid, errorsText } = aslValidator(deployed);
    expect(isValid, errorsText('\n')).toBe(true);
  });

  it('gives every Task a time-out, a Retry and a last Catch, and names only errors that exist', () => {
    expect(problemsOf(definition)).toEqual([]);
  });

  it('would be caught naming an error that no code throws', () => {
    const planted = structuredClone(definition);
    const promote = planted.States['Promote'];
    if (promote?.Type !== 'Task') throw new Error('Promote is a Task');
    promote.Catch[0] = { ErrorEquals: ['ChampionHasMoved'], Next: 'EvaluateChallenger' };
    expect(problemsOf(planted)).toEqual(['Promote: no code throws ChampionHasMoved']);
  });

  it('retries and catches by name exactly what errors.ts says', () => {
    expect(ours(tasks.flatMap(({ state }) => state.Retry.flatMap((r) => r.ErrorEquals)))).toEqual(
      routed('retried'),
    );
    expect(
      ours(
        tasks.flatMap(({ state }) =>
          'Catch' in state ? state.Catch.flatMap((c) => c.ErrorEquals) : [],
        ),
      ),
    ).toEqual(routed('rerouted'));
  });

  it('retries everywhere alike', () => {
    const retries = new Set(tasks.map(({ state }) => JSON.stringify(state.Retry)));
    expect([...retries]).toEqual([JSON.stringify([RETRY])]);
    expect(RETRY.JitterStrategy).toBe('FULL');
    for (const error of RETRY.ErrorEquals) {
      expect(error in ERROR_NAMES || error in PLATFORM_ERRORS, error).toBe(true);
    }
  });

  it('reaches every state, and every state leads to an end', () => {
    const reached = new Set<string>();
    const queue = [definition.StartAt];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const state = definition.States[name];
      if (reached.has(name) || state === undefined) continue;
      reached.add(name);
      queue.push(...targetsOf(state));
    }
    expect([...reached].sort()).toEqual(Object.keys(definition.States).sort());
  });

  it('names its functions by folders that exist', () => {
    for (const placeholder of JSON.stringify(releaseModel).match(/\$\{[^}]+\}/g) ?? []) {
      const folder = functionOf(placeholder);
      expect(existsSync(join(PROJECT, 'functions', folder ?? '?')), placeholder).toBe(true);
      expect(`\${${placeholderOf(folder ?? '')}}`).toBe(placeholder);
    }
  });

  it('gives every Choice a default, so that a missing path fails by name on either AWS', () => {
    for (const [name, state] of Object.entries(definition.States)) {
      if (state.Type === 'Choice') expect(state.Default, name).toBe('UnknownAnswer');
    }
  });
});

describe('the errors that the steps throw', () => {
  const steps = new Set(
    JSON.stringify(releaseModel)
      .match(/\$\{[^}]+\}/g)
      ?.map((p) => functionOf(p) ?? ''),
  );
  const sources = [
    ...[...steps].map((step) => `functions/${step}`),
    ...['release', 'training', 'evaluation', 'model-folder', 'dataset', 'learning', 'domain'].map(
      (room) => `src/${room}`,
    ),
  ].flatMap((folder) =>
    existsSync(join(PROJECT, folder))
      ? readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
          .filter((f) => f.endsWith('.ts'))
          .map((f) => join(PROJECT, folder, f))
      : [],
  );

  it('are each retried, rerouted or documented as fatal; none belongs to the API alone', () => {
    const thrown = new Map<string, string>();
    for (const file of sources) {
      const text = readFileSync(file, 'utf8');
      for (const match of text.matchAll(/new TitleholderError\(\s*'([A-Za-z]+)'/g)) {
        thrown.set(match[1] ?? '', file.slice(PROJECT.length + 1));
      }
    }
    expect(thrown.size).toBeGreaterThan(3);
    for (const [name, file] of thrown) {
      expect(Object.keys(ERROR_ROUTES), `${file} throws ${name}`).toContain(name);
      if (file.startsWith('src/domain/')) continue;
      // record-decision is called by the API too, for a rollback.
      if (name === 'NoRollbackTarget') continue;
      expect(ERROR_ROUTES[name as keyof typeof ERROR_ROUTES], `${file} throws ${name}`).not.toBe(
        'outside',
      );
    }
  });
});
