/** docs/model-format.md and its JSON Schema against the files that are written and read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { decodeArtifact, labelOf } from '#learning/pipeline/artifact.ts';
import { ESTIMATOR_NAMES } from '#learning/pipeline/estimators.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import { everyFile, EVERY_TRANSFORM } from './every-pipeline.ts';
import { plainScore } from './plain-score.ts';

const DOCS = join(import.meta.dirname, '../../../../docs');
const text = readFileSync(join(DOCS, 'model-format.md'), 'utf8');
const schema = JSON.parse(readFileSync(join(DOCS, 'model-format.schema.json'), 'utf8')) as object;
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);
const files = everyFile();
const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

describe('the documented example', () => {
  const example = /```json\n(.*?)```/s.exec(text)![1]!;

  it('is a model file that the schema allows', () => {
    expect(validate(JSON.parse(example)), JSON.stringify(validate.errors)).toBe(true);
  });

  it('gives the probabilities and labels that are worked out below it', () => {
    const bytes = new TextEncoder().encode(example);
    const artifact = decodeArtifact(bytes);
    const { scoreRecord } = scorer(artifact);
    const rows = [
      ...text.matchAll(/^\| (null|\d+) .*?\| (\w+) .*= (0\.\d+) \| (denied|paid) \|$/gm),
    ];
    expect(rows).toHaveLength(3);
    for (const [, age, city, probability, label] of rows) {
      const record: RawRow = { age: age === 'null' ? null : Number(age), city: city! };
      const score = scoreRecord(record);
      expect(score).toBeCloseTo(Number(probability), 10);
      expect(plainScore(bytes, record)).toBe(score);
      expect(labelOf(artifact, score)).toBe(label);
    }
  });
});

describe('the schema', () => {
  it('allows a file of every estimator, transform and calibrator', () => {
    const seen = new Set<string>();
    for (const { algorithm, transform, artifact, bytes } of files) {
      const allowed = validate(jsonOf(bytes));
      expect(allowed, `${algorithm} ${transform} ${JSON.stringify(validate.errors)}`).toBe(true);
      seen.add(algorithm).add(artifact.calibrator?.kind ?? 'none');
      for (const { kind } of artifact.transforms) seen.add(kind);
    }
    expect([...seen].sort()).toEqual(
      [
        ...ESTIMATOR_NAMES,
        ...Object.keys(EVERY_TRANSFORM).filter((name) => name !== 'all'),
        'sigmoid',
        'isotonic',
      ].sort(),
    );
  });

  it('has every field that is described, and describes every field', () => {
    const named = new Set<string>();
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: object };
      for (const name of Object.keys(properties ?? {})) named.add(name);
      for (const child of Object.values(node)) collect(child);
    };
    collect(schema);
    expect(named.size).toBeGreaterThan(40);
    for (const name of named) {
      expect(new RegExp(`\\b${name}\\b`).test(text.replace(/```json.*?```/s, '')), name).toBe(true);
    }
  });

  it.each([
    ['a field too many', (file: Record<string, unknown>) => ({ ...file, more: 1 })],
    ['another version', (file) => ({ ...file, schemaVersion: 1 })],
    ['no columns', (file) => ({ ...file, columns: [] })],
    ['a threshold of 2', (file) => ({ ...file, threshold: 2 })],
    ['an unknown estimator', (file) => ({ ...file, estimator: { kind: 'pickle' } })],
    ['an unknown transform', (file) => ({ ...file, transforms: [{ kind: 'eval' }] })],
  ] as [string, (file: Record<string, unknown>) => object][])('refuses %s', (_, change) => {
    const { bytes } = files[0]!;
    expect(validate(change(jsonOf(bytes) as Record<string, unknown>))).toBe(false);
  });
});
