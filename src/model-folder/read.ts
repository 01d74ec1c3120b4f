/** The three documents of a model folder, and whether they fit together. */
import type { Folder } from '#contracts/folder/charter.ts';
import { ModelDocument } from '#contracts/folder/model.ts';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { SchemaDocument } from '#contracts/folder/schema.ts';
import { parseJson } from '#contracts/parse.ts';
import { TitleholderError } from '#domain/errors.ts';
import { absoluteLimit } from '#gates/absolute-limit.ts';
import { PROPOSED } from '#training/candidates.ts';
import { checkCandidates } from './check-candidates.ts';

/**
 * Reads `model.json`, `schema.json` and `policy.json` of a folder's files (path → text).
 *
 * Throws `BadInput`, naming the file and the path in it: absent, not JSON, an unknown field, a value
 * out of range, a column that another document doesn't know, settings that no data could be fitted with.
 */
export function readFolder(files: Readonly<Record<string, string>>): Folder {
  const model = parseJson(ModelDocument, textOf(files, 'model.json'), 'model.json');
  const schema = parseJson(SchemaDocument, textOf(files, 'schema.json'), 'schema.json');
  const policy = parseJson(PolicyDocument, textOf(files, 'policy.json'), 'policy.json');
  const folder = { model, schema, policy };
  checkTogether(folder);
  checkCandidates(folder);
  return folder;
}

function textOf(files: Readonly<Record<string, string>>, file: string): string {
  return files[file] ?? bad(file, '', 'the folder lacks it');
}

function checkTogether({ model, schema, policy }: Folder): void {
  const columns = new Map(schema.columns.map((c) => [c.name, c]));
  if (columns.size !== schema.columns.length) {
    const twice = schema.columns.findIndex((c, i) =>
      schema.columns.slice(0, i).some((other) => other.name === c.name),
    );
    bad('schema.json', `columns[${twice}].name`, 'stands twice');
  }
  const targets = schema.columns.filter((c) => c.role === 'target');
  if (targets.length !== 1 || targets[0]?.name !== model.target) {
    bad('schema.json', 'columns', 'has exactly one target column: the target of model.json');
  }
  const features = schema.columns.filter((c) => c.role === 'feature');
  if (features.length === 0) bad('schema.json', 'columns', 'has no feature');
  schema.columns.forEach((column, i) => {
    const path = `columns[${i}]`;
    const { form, min, max, type, role, values, unit } = column;
    if (role === 'feature' && (type === 'date' || type === 'text')) {
      bad('schema.json', `${path}.type`, `a ${type} can't be a feature; number and category can`);
    }
    if (form !== undefined && type !== 'date') {
      bad('schema.json', `${path}.form`, 'belongs to dates');
    }
    if (schema.read === undefined && (type === 'boolean' || type === 'code')) {
      bad('schema.json', `${path}.type`, `a ${type} needs read, which says how cells are read`);
    }
    if (unit !== undefined && (type !== 'number' || schema.read === undefined)) {
      bad('schema.json', `${path}.unit`, 'belongs to numbers, and needs read');
    }
    if ((min !== undefined || max !== undefined) && type !== 'number') {
      bad('schema.json', path, 'min and max belong to numbers');
    }
    if (min !== undefined && max !== undefined && !(min <= max)) {
      bad('schema.json', `${path}.min`, 'is above max');
    }
    if (values !== undefined && type !== 'category' && type !== 'code') {
      bad('schema.json', `${path}.values`, 'belongs to categories and codes');
    }
  });
  for (const part of ['group', 'key'] as const) {
    model.identity[part]?.forEach((name, i) => {
      const role = columns.get(name)?.role;
      if (role === undefined || role === 'ignored' || role === 'target') {
        bad('model.json', `identity.${part}[${i}]`, 'is no column of schema.json that is read');
      }
    });
  }
  const { time, row } = model.identity;
  if (row === true && (model.identity.group ?? model.identity.key) !== undefined) {
    bad('model.json', 'identity.row', 'stands beside a group or a key, which say who a row is');
  }
  if (
    time !== undefined &&
    (columns.get(time)?.type !== 'date' || columns.get(time)?.role === 'ignored')
  ) {
    bad('model.json', 'identity.time', 'is no date column of schema.json that is read');
  }
  if (model.split.by === 'time' && time === undefined) {
    bad('model.json', 'split.by', 'is time, and identity.time names no column of dates');
  }
  const names = new Set<string>();
  model.candidates.forEach((candidate, i) => {
    if (names.has(candidate.name)) bad('model.json', `candidates[${i}].name`, 'stands twice');
    names.add(candidate.name);
    if (candidate.name.startsWith(PROPOSED)) {
      bad(
        'model.json',
        `candidates[${i}].name`,
        `begins with ${PROPOSED}, as what a retuning proposes`,
      );
    }
  });
  const gates = new Set<string>();
  policy.gates.forEach((gate, i) => {
    if (gates.has(gate.name)) bad('policy.json', `gates[${i}].name`, 'stands twice');
    gates.add(gate.name);
    if (absoluteLimit.isOwn(gate) && gate.onFail === 'retune' && policy.retune === undefined) {
      bad(
        'policy.json',
        `gates[${i}].onFail`,
        'is retune, and the policy gives a retuning no budget',
      );
    }
  });
}

function bad(file: string, path: string, what: string): never {
  const where = path === '' ? file : `${file}: ${path}`;
  throw new TitleholderError('BadInput', `${where}: ${what}`, { file, path });
}
