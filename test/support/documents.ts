/** Documents that functions are given: a bundle, what steps hand over. */
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { MODEL } from './world.ts';

const DOCUMENTS = {
  'model.json': {
    schemaVersion: 1,
    name: MODEL,
    title: 'Denials',
    target: 'status',
    positive: 'Denied',
    identity: { key: ['claim_id'] },
    data: { path: 'claims.csv' },
    split: {},
    plan: { primaryMetric: 'auc' },
    seed: 0,
    quick: {},
    candidates: [
      { name: 'forest', algorithm: 'forest', settings: { trees: 5, maxDepth: 3, minLeaf: 5 } },
    ],
  },
  'schema.json': {
    schemaVersion: 1,
    columns: [
      { name: 'status', type: 'category', role: 'target' },
      { name: 'claim_id', type: 'text', role: 'identity' },
      { name: 'age', type: 'number', role: 'feature' },
    ],
  },
  'policy.json': { schemaVersion: 1, tier: 'standard', gates: [], approval: {} },
};

export function bundleBytes(
  change: {
    readonly model?: string;
    readonly document?: object;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Uint8Array {
  const files = Object.fromEntries(
    Object.entries({ ...DOCUMENTS, ...change.document }).map(([k, v]) => [k, JSON.stringify(v)]),
  );
  return bytes({ schemaVersion: 1, model: change.model ?? MODEL, files: change.files ?? files });
}

export function bytes(document: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(document));
}

export function evaluation(digest: string) {
  return {
    measured: sha256Hex('measured'),
    timings: sha256Hex('timings'),
    charts: sha256Hex('charts'),
    digest,
    artifact: sha256Hex('artifact'),
    verdict: 'promote',
    reason: 'better',
    next: 'person',
    champion: null,
  };
}

export function dataReference(digest: string) {
  const hash = sha256Hex('any');
  return {
    training: hash,
    trainingManifest: hash,
    holdout: hash,
    register: hash,
    epoch: 1,
    report: hash,
    charter: hash,
    holdBeforeCd: false,
    waitSeconds: 3600,
    rows: 1000,
    trainingRows: 800,
    holdoutRows: 200,
    datasetWindow: '2023/2024',
    question: { kind: 'charter', digest, summary: 'the AUC gate is lower' },
  };
}
