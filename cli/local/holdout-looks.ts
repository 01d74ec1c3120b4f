/** How often `try` looked at a holdout on this machine: each look makes the next verdict a little luckier. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

/** A holdout, by hash: no cell of it is kept. */
export interface Look {
  readonly model: string;
  readonly epoch: number;
  /** sha256 of the snapshot. */
  readonly holdout: string;
}

const Looks = z.strictObject({
  schemaVersion: z.literal(1),
  /** By model, epoch and holdout hash, with spaces between. */
  looks: z.record(z.string(), z.int().min(1)),
});

/**
 * Counts one more look and answers how many there were; null where the file can't be written. A file that
 * can't be read begins anew.
 */
export function countLook(file: string, { model, epoch, holdout }: Look): number | null {
  const key = `${model} ${epoch} ${holdout}`;
  const before = readLooks(file);
  const count = (before[key] ?? 0) + 1;
  const document: z.infer<typeof Looks> = { schemaVersion: 1, looks: { ...before, [key]: count } };
  try {
    mkdirSync(dirname(file), { recursive: true });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, `${JSON.stringify(document, null, 2)}\n`);
    renameSync(fresh, file);
    return count;
  } catch {
    return null;
  }
}

function readLooks(file: string): Readonly<Record<string, number>> {
  try {
    return Looks.parse(JSON.parse(readFileSync(file, 'utf8'))).looks;
  } catch {
    return {};
  }
}

/** What a person is told after a look. */
export function lookSentence(looks: number | null): string {
  return looks === null
    ? 'looks at this holdout aren’t counted: .local can’t be written; --folds looks at none'
    : `this is your ${ordinal(looks)} look at this holdout; --folds looks at none`;
}

function ordinal(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  const suffix = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${suffix}`;
}
