/** The part of an artifact that says how cells are read, from untrusted bytes. */
import type { ReadRules } from '#learning/cells.ts';
import type { Feature } from './estimator-kind.ts';
import { fieldsOf, listOf, refusePart, textOf } from './packed.ts';

const SEPARATORS = [',', ';', '\t', '|'] as const;
const DECIMALS = ['.', ','] as const;

/** Throws `ArtifactInvalid`: an unknown field or mark, a column that isn't there or of another kind. */
export function unpackReadRules(value: unknown, columns: readonly Feature[]): ReadRules {
  const part = 'read';
  const written = fieldsOf(value, part, [
    'separator',
    'decimal',
    'missing',
    'booleans',
    'codes',
    'units',
  ]);
  const texts = (name: string): string[] =>
    listOf(written[name], `${part}.${name}`).map((text) => textOf(text, `${part}.${name}`));
  const kindOf = new Map(columns.map(({ name, kind }) => [name, kind]));
  const of = (kind: Feature['kind'], name: string, where: string): string =>
    kindOf.get(name) === kind
      ? name
      : refusePart(`${part}.${where}`, `has a column that is not ${kind}`);
  const mark = <M extends string>(name: string, known: readonly M[]): M =>
    known.find((one) => one === written[name]) ?? refusePart(`${part}.${name}`, 'is another mark');
  const columnsOf = (name: 'booleans' | 'codes'): string[] =>
    texts(name).map((column) => of('categorical', column, name));
  return {
    separator: mark('separator', SEPARATORS),
    decimal: mark('decimal', DECIMALS),
    missing: texts('missing'),
    booleans: columnsOf('booleans'),
    codes: columnsOf('codes'),
    units: listOf(written['units'], `${part}.units`).map((entry) => {
      const { column, unit } = fieldsOf(entry, `${part}.units`, ['column', 'unit']);
      const text = textOf(unit, `${part}.units`);
      if (text === '') refusePart(`${part}.units`, 'has a unit without a letter');
      return { column: of('numeric', textOf(column, `${part}.units`), 'units'), unit: text };
    }),
  };
}
