/** What changed between two charters, for the person who is asked to accept it. */
import type { Charter } from '#contracts/folder/charter.ts';
import { canonicalJson } from '#domain/canonical.ts';

const LIMIT = 1000;

/** As `describeDifference`, the limits first: no number of changed columns pushes them out of sight. */
export function charterDifference(before: Charter, after: Charter): string {
  const limitsFirst = ({ policy, model: { plan, split, ...model }, schema }: Charter) => ({
    policy,
    model: { plan, split, ...model },
    schema,
  });
  return describeDifference(limitsFirst(before), limitsFirst(after));
}

/**
 * One line a changed JSON path, `policy.gates[auc].min: 0.9 → 0.5`, each value whole. Lists of named
 * things are compared by name, so that an inserted gate is one line.
 */
export function describeDifference(before: unknown, after: unknown): string {
  const lines: string[] = [];
  compare('', before, after, lines);
  return lines.join('\n');
}

/** As many lines as the machine's state may carry, 1,000 characters; the rest counted. */
export function shortened(text: string): string {
  const lines = text.split('\n');
  const kept: string[] = [];
  let length = 0;
  for (const [index, line] of lines.entries()) {
    const rest = `… and ${lines.length - index} more`;
    if (length + line.length + 1 + rest.length > LIMIT) {
      kept.push(rest);
      break;
    }
    kept.push(line);
    length += line.length + 1;
  }
  return kept.join('\n');
}

function compare(path: string, before: unknown, after: unknown, lines: string[]): void {
  const from = childrenOf(before);
  const to = childrenOf(after);
  if (from === undefined || to === undefined) {
    const [a, b] = [show(before), show(after)];
    if (canonicalText(before) !== canonicalText(after))
      lines.push(`${path || '(all)'}: ${a} → ${b}`);
    return;
  }
  for (const key of new Set([...from.keys(), ...to.keys()])) {
    const inner = key.startsWith('[') || path === '' ? `${path}${key}` : `${path}.${key}`;
    compare(inner, from.get(key), to.get(key), lines);
  }
}

function childrenOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const names = value.map(nameOf);
    const named = value.length > 0 && names.every((n) => n !== undefined);
    return new Map(
      value.map((item: unknown, i): [string, unknown] => [
        `[${named ? (names[i] ?? i) : i}]`,
        item,
      ]),
    );
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map(Object.entries(value));
}

function nameOf(item: unknown): string | undefined {
  const named = typeof item === 'object' && item !== null && 'name' in item;
  return named && typeof item.name === 'string' ? item.name : undefined;
}

function canonicalText(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

function show(value: unknown): string {
  return value === undefined ? '(absent)' : canonicalJson(value);
}
