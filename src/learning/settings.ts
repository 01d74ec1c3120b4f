/** Settings that a person wrote, checked one by one; every refusal is `SettingsInvalid` with the name. */
import { LearningError } from './errors.ts';

export type Settings = Readonly<Record<string, unknown>>;

export function refuseSetting(setting: string, what: string): never {
  throw new LearningError('SettingsInvalid', `${setting} ${what}`, setting);
}

/** An object with no other fields than `names` (null: any); some may be absent. */
export function settingsOf(value: unknown, names: readonly string[] | null): Settings {
  const isObject = (it: unknown): it is Settings =>
    typeof it === 'object' && it !== null && !Array.isArray(it);
  if (!isObject(value)) return refuseSetting('settings', 'are not an object');
  for (const name of Object.keys(value)) {
    if (names?.includes(name) === false) refuseSetting(name, 'is unknown');
  }
  return value;
}

/** A whole number from `low` to `high`; `absent` stands in for one that isn't given. */
export function wholeSetting(
  settings: Settings,
  name: string,
  [low, high]: readonly [number, number],
  absent?: number,
): number {
  const value = given(settings, name, absent);
  return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high
    ? value
    : refuseSetting(name, `is a whole number from ${low} to ${high}, not ${said(value)}`);
}

/** A finite number from `low` to `high`; `absent` stands in for one that isn't given. */
export function numberSetting(
  settings: Settings,
  name: string,
  [low, high]: readonly [number, number],
  absent?: number,
): number {
  const value = given(settings, name, absent);
  return typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high
    ? value
    : refuseSetting(name, `is a number from ${low} to ${high}, not ${said(value)}`);
}

/** One of the words; `absent` stands in for one that isn't given. */
export function wordSetting<Word extends string>(
  settings: Settings,
  name: string,
  words: readonly Word[],
  absent?: Word,
): Word {
  const value = given(settings, name, absent);
  return (
    words.find((word) => word === value) ??
    refuseSetting(name, `is one of ${words.join(', ')}, not ${said(value)}`)
  );
}

/** Only what isn't there is absent: null is a wrong value. */
function given(settings: Settings, name: string, absent: unknown): unknown {
  return settings[name] === undefined ? absent : settings[name];
}

function said(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? `'${value}'` : 'that';
}
