/**
 * A folder in which a case does what a person does with a small table: `init`, `fit`, `score`, `try`, and
 * a request to `/predict`; all in this process, by the code that the command and the Lambda run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { vi } from 'vitest';
import { registerLocalVerbs } from '../../cli/local.ts';
import type { TryReport } from '../../cli/local/try-report.ts';
import { endOf } from '../../cli/output.ts';
import { rowsOf, scoreRows } from '../../functions/serve-model/score-rows.ts';
import { PredictBody } from '#contracts/api.ts';
import type { ModelDocument } from '#contracts/folder/model.ts';
import { SchemaDocument } from '#contracts/folder/schema.ts';
import { parseJson } from '#contracts/parse.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';

/** How a verb ended. */
export interface Ended {
  readonly code: number;
  /** stdout. */
  readonly data: string;
  /** stderr, line by line. */
  readonly words: readonly string[];
}

/** `init`, and what it wrote. */
export interface Initialized extends Ended {
  /** `number feature` and so on by column; empty where `init` refused. */
  readonly columns: Readonly<Record<string, string>>;
  /** Whether a line of words names the column: as a choice, a doubt or a refusal. */
  readonly names: (column: string) => boolean;
}

export interface InitCase {
  /** The table's file name and content. */
  readonly data: readonly [name: string, content: string | Uint8Array];
  readonly target?: string;
  readonly positive?: string;
  readonly name?: string;
  /** Further options of `init`. */
  readonly options?: readonly string[];
}

/** Read here, where the compiler doesn't know that it was just unset. */
const exitCode = (): number => Number(process.exitCode ?? 0);

/** Probabilities, or the refusal's one line. */
export type Scored = readonly number[] | string;

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'titleholder-case-'));

  /** Runs a verb as the program does. */
  async run(...args: readonly string[]): Promise<Ended> {
    let data = '';
    let said = '';
    const spies = [
      vi
        .spyOn(process.stdout, 'write')
        .mockImplementation((text) => ((data += String(text)), true)),
      vi
        .spyOn(process.stderr, 'write')
        .mockImplementation((text) => ((said += String(text)), true)),
    ];
    process.exitCode = undefined;
    const program = new Command('titleholder').exitOverride();
    registerLocalVerbs(program);
    let code = 0;
    try {
      await program.parseAsync(args, { from: 'user' });
      code = exitCode();
    } catch (error) {
      const end = endOf(error);
      code = end.code;
      said += `${end.line}\n`;
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
    return { code, data, words: said.split('\n').filter((line) => line !== '') };
  }

  /** Writes a file into the folder; its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  async init(of: InitCase): Promise<Initialized> {
    const { data, target = 'y', positive = 'yes', name = 'm', options = [] } = of;
    const ended = await this.run(
      ...['init', '--data', this.file(...data), '--target', target, '--positive', positive],
      ...['--name', name, '--dir', join(this.folder, 'models'), ...options],
    );
    const columns = ended.code === 0 ? this.schema(name).columns : [];
    return {
      ...ended,
      columns: Object.fromEntries(columns.map((c) => [c.name, `${c.type} ${c.role}`])),
      names: (column) => ended.words.some((line) => line.includes(column)),
    };
  }

  schema(name = 'm'): SchemaDocument {
    return SchemaDocument.parse(this.json(`models/${name}/schema.json`));
  }

  /** Changes a document of the model's folder as an editor would. */
  edit(path: string, change: (text: string) => string): void {
    this.file(path, change(readFileSync(join(this.folder, path), 'utf8')));
  }

  model(name = 'm'): ModelDocument {
    return this.json(`models/${name}/model.json`) as ModelDocument;
  }

  json(path: string): unknown {
    return JSON.parse(readFileSync(join(this.folder, path), 'utf8'));
  }

  /** Trains with one small candidate, so that a case takes a moment; the artifact's path. */
  async fit(name = 'm', candidate: object = { algorithm: 'logistic' }): Promise<string> {
    const path = join('models', name, 'model.json');
    const candidates = [{ name: 'small', ...candidate }];
    this.file(path, JSON.stringify({ ...this.model(name), candidates }));
    const out = join(this.folder, `${name}.artifact.json`);
    const ended = await this.run('fit', join(this.folder, 'models', name), '--out', out);
    if (ended.code !== 0) throw new Error(`fit ended with ${ended.code}: ${ended.words.at(-1)}`);
    return out;
  }

  /** `init`, then `fit`. Throws where either refuses. */
  async trained(of: InitCase): Promise<string> {
    const made = await this.init(of);
    if (made.code !== 0) throw new Error(`init ended with ${made.code}: ${made.words.at(-1)}`);
    return this.fit(of.name);
  }

  async score(
    artifact: string,
    [name, content]: readonly [string, string | Uint8Array],
    ...options: readonly string[]
  ): Promise<Scored> {
    const out = join(this.folder, 'scored.csv');
    const data = this.file(name, content);
    const ended = await this.run('score', artifact, '--data', data, '--out', out, ...options);
    if (ended.code !== 0) return ended.words.at(-1) ?? '';
    return readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[1]));
  }

  async try(name = 'm'): Promise<Ended & { readonly report: TryReport | null }> {
    const at = join(this.folder, 'try.json');
    rmSync(at, { force: true });
    const ended = await this.run('try', join(this.folder, 'models', name), '--json', at);
    const report = ended.code < 2 ? (this.json('try.json') as TryReport) : null;
    return { ...ended, report };
  }

  /** What POST /predict answers to a body's text. */
  predict(artifact: string, body: string | object): Scored {
    const answered = this.answers(artifact, body);
    return typeof answered === 'string' ? answered : answered.map(({ probability }) => probability);
  }

  /** The same with its labels. */
  answers(
    artifact: string,
    body: string | object,
  ): readonly { readonly probability: number; readonly label: string }[] | string {
    const decoded = decodeArtifact(readFileSync(artifact));
    const known = new Set([...decoded.columns.map((c) => c.name), ...(decoded.otherColumns ?? [])]);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    try {
      const rows = rowsOf(parseJson(PredictBody, text, 'the body'));
      const loaded = { artifact: decoded, scorer: scorer(decoded), known };
      return scoreRows(loaded, rows);
    } catch (error) {
      if (error instanceof TitleholderError) return error.message;
      throw error;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a case in a place of its own. */
export async function inWorkplace<T>(work: (place: Workplace) => Promise<T>): Promise<T> {
  const place = new Workplace();
  try {
    return await work(place);
  } finally {
    place.remove();
  }
}
