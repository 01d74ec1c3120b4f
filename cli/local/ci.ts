/** The CI report of a model folder: made by the tool that commits it, bound to one bundle. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CiReport } from '#contracts/folder/ci-report.ts';
import { validationReport, describeFinding } from '#dataset/validation-report.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { readPart, readTable } from '#dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { metricText } from '#domain/metrics.ts';
import { codeDigest } from '../../infra/code-digest.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { prepare } from '#dataset/prepare.ts';
import { trainQuickly } from '#training/train.ts';
import { lintFolder } from '#model-folder/lint.ts';
import type { Packed } from './pack.ts';
import { stopwatch } from './stopwatch.ts';

interface Case {
  readonly name: string;
  readonly seconds: number;
  /** One line; absent where the case passed. */
  readonly failure?: string;
  /** More for a reader; for the folder's own command, what it wrote. */
  readonly words: string;
}

export interface CiRun {
  /** The report, canonical JSON. */
  readonly bytes: Uint8Array;
  readonly failed: readonly Pick<Case, 'name' | 'failure' | 'words'>[];
}

/** A folder's own command: run by `sh` in the folder; its exit code decides. */
const OWN_COMMAND = 'ci.sh';
const OWN_COMMAND_TIMEOUT_MS = 600_000;
const KEPT_CHARACTERS = 4000;
/** Validation needs a moment for its report, and a CI report isn't a release: any will do. */
const NO_MOMENT = '1970-01-01T00:00:00.000Z';

/**
 * Runs lint, the schema check of the data, a quick training that scores the holdout, and the folder's
 * own `ci.sh` if there is one; gives the report as canonical JSON bytes.
 *
 * A test that fails is in the report, not thrown: who sends it is told, and the check step refuses it.
 */
export async function makeCiReport(of: {
  readonly packed: Packed;
  readonly folder: string;
  /** 40 hex digits. */
  readonly commit: string;
  readonly submitter: string;
  readonly authors: readonly string[];
}): Promise<CiRun> {
  const { packed } = of;
  const code = codeDigest();
  const cases: Case[] = [];

  cases.push(
    await testCase('lint', () => {
      const problems = lintFolder(packed.folder);
      const [first] = problems.filter((p) => p.level === 'error');
      if (first !== undefined) throw new Failed(`${first.where}: ${first.what}`);
      return `${problems.length} remarks`;
    }),
    await testCase('schema-check', () => {
      const { file, csv } = packed.data;
      const report = validationReport(
        readTable(csv, file, packed.folder),
        packed.folder,
        NO_MOMENT,
      );
      const [first] = report.findings.filter((f) => f.gate);
      if (first !== undefined && report.mode === 'enforce') {
        throw new Failed(`column ${first.column ?? ''}: ${describeFinding(first)}`);
      }
      return `${report.rows} rows, quality ${report.quality.toFixed(4)}, ${report.findings.length} findings`;
    }),
  );
  cases.push(
    await testCase('quick-try', () => {
      const { file, csv, sha256 } = packed.data;
      const prepared = prepare({
        folder: packed.folder,
        csv,
        file,
        asOf: NO_MOMENT,
        stored: null,
      });
      const training = trainQuickly({
        folder: packed.folder,
        training: prepared.training,
        trainingManifest: sha256Hex(prepared.trainingManifest),
        provenance: {
          model: packed.model,
          commit: of.commit,
          bundle: packed.sha256,
          data: sha256,
          code,
          asOf: null,
        },
        stopwatch,
      });
      const holdout = readPart(prepared.holdout, 'the holdout', packed.folder);
      const scores = scorer(decodeArtifact(training.artifact)).scoreTable(featureTable(holdout));
      if (!scores.every((score) => score >= 0 && score <= 1)) {
        throw new Failed('a holdout row has no probability');
      }
      return `${packed.folder.model.quick.rows} rows at most, AUC ${metricText('auc', training.metrics.auc)} out of fold, ${scores.length} holdout rows scored`;
    }),
  );
  if (existsSync(join(of.folder, OWN_COMMAND))) {
    cases.push(await testCase('own-command', () => runOwn(of.folder)));
  }
  const content = {
    schemaVersion: 1 as const,
    model: packed.model,
    commit: of.commit,
    bundle: packed.sha256,
    data: packed.data.sha256,
    submitter: of.submitter,
    authors: [...of.authors],
    tools: { code, node: process.version, platform: `${process.platform} ${process.arch}` },
    junit: junit(cases),
  };
  const report = CiReport.parse({ ...content, digest: sha256Hex(canonicalJson(content)) });
  return {
    bytes: new TextEncoder().encode(canonicalJson(report)),
    failed: cases.filter((c) => c.failure !== undefined),
  };
}

/** A test said no; everything else that is thrown is a defect. */
class Failed extends Error {
  override readonly name = 'Failed';
  readonly words: string;

  constructor(message: string, words = '') {
    super(message);
    this.words = words;
  }
}

async function testCase(name: string, test: () => string | Promise<string>): Promise<Case> {
  const start = stopwatch();
  try {
    const words = await test();
    return { name, seconds: stopwatch() - start, words };
  } catch (error) {
    if (!(error instanceof Failed || error instanceof TitleholderError)) throw error;
    const words = error instanceof Failed ? error.words : '';
    return { name, seconds: stopwatch() - start, words, failure: error.message };
  }
}

async function runOwn(folder: string): Promise<string> {
  const child = spawn('sh', [OWN_COMMAND], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: OWN_COMMAND_TIMEOUT_MS,
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  const code = await promise;
  if (code !== 0) throw new Failed(`${OWN_COMMAND} ended with ${code ?? 'a signal'}`, output);
  return output;
}

function junit(cases: readonly Case[]): string {
  const failures = cases.filter((c) => c.failure !== undefined).length;
  const seconds = cases.reduce((sum, c) => sum + c.seconds, 0);
  const lines = cases.map((c) => {
    const open = `    <testcase classname="titleholder" name="${c.name}" time="${c.seconds.toFixed(3)}">`;
    const failure = c.failure === undefined ? '' : `<failure message="${xml(c.failure)}"/>`;
    return `${open}${failure}<system-out>${xml(c.words)}</system-out></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}" errors="0" time="${seconds.toFixed(3)}">`,
    `  <testsuite name="titleholder-ci" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}">`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  return (
    text
      // What XML 1.0 has no way to write.
      .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
