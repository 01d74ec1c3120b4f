/** Which transforms a model folder asks for, before anything is fitted. */
import { LearningError } from '#learning/errors.ts';
import {
  refuseSetting,
  type Settings,
  settingsOf,
  wholeSetting,
  wordSetting,
} from '#learning/settings.ts';

/** What a folder asks for; `columns` left out are all that it can be done to. */
export type TransformSpec =
  | {
      readonly kind: 'impute';
      readonly columns?: readonly string[] | undefined;
      readonly with: 'median' | 'mean' | 'most-frequent';
    }
  | {
      readonly kind: 'encode';
      readonly columns?: readonly string[] | undefined;
      readonly as: 'one-hot' | 'ordinal' | 'frequency';
    }
  | {
      readonly kind: 'interact';
      readonly pairs: readonly (readonly [string, string])[];
      readonly as: 'product' | 'ratio' | 'cross';
    }
  | { readonly kind: 'select'; readonly best: number };

/**
 * What somebody wrote as `transforms`, as specs. Throws `SettingsInvalid` saying which entry and what is
 * wrong with it; whether its columns exist shows when it is fitted.
 */
export function checkTransformSpecs(written: unknown): readonly TransformSpec[] {
  if (!Array.isArray(written)) return refuseSetting('transforms', 'are not a list');
  const entries: readonly unknown[] = written;
  return entries.map((entry, i) => {
    try {
      return checkSpec(entry);
    } catch (error) {
      if (!(error instanceof LearningError)) throw error;
      throw new LearningError(error.name, `transforms[${i}]: ${error.message}`, error.subject);
    }
  });
}

function checkSpec(entry: unknown): TransformSpec {
  const all = settingsOf(entry, ['kind', 'columns', 'with', 'as', 'pairs', 'best']);
  const kind = wordSetting(all, 'kind', ['impute', 'encode', 'interact', 'select']);
  switch (kind) {
    case 'impute':
      settingsOf(entry, ['kind', 'columns', 'with']);
      return {
        kind,
        ...columnsOf(all),
        with: wordSetting(all, 'with', ['median', 'mean', 'most-frequent']),
      };
    case 'encode':
      settingsOf(entry, ['kind', 'columns', 'as']);
      return {
        kind,
        ...columnsOf(all),
        as: wordSetting(all, 'as', ['one-hot', 'ordinal', 'frequency']),
      };
    case 'interact':
      settingsOf(entry, ['kind', 'pairs', 'as']);
      return {
        kind,
        pairs: pairsOf(all['pairs']),
        as: wordSetting(all, 'as', ['product', 'ratio', 'cross']),
      };
    case 'select':
      settingsOf(entry, ['kind', 'best']);
      return { kind, best: wholeSetting(all, 'best', [1, 32_767]) };
  }
}

function columnsOf(settings: Settings): { readonly columns?: readonly string[] } {
  const columns = settings['columns'];
  if (columns === undefined) return {};
  return isTexts(columns) && columns.length > 0
    ? { columns }
    : refuseSetting('columns', 'are not a list of one name or more');
}

function pairsOf(value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value) || value.length === 0) {
    return refuseSetting('pairs', 'are not a list of one pair or more');
  }
  const entries: readonly unknown[] = value;
  return entries.map((pair) => {
    if (!isTexts(pair)) return refuseSetting('pairs', 'has an entry that is not two names');
    const [left, right] = pair;
    return left === undefined || right === undefined || pair.length !== 2
      ? refuseSetting('pairs', 'has an entry that is not two names')
      : [left, right];
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
