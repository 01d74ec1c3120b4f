/** The ledger's verbs: shown, verified on this machine, and written for keeping elsewhere. */
import { readFile } from 'node:fs/promises';
import { parseJson } from '#contracts/parse.ts';
import { EntryDocument } from '#contracts/registry.ts';
import { type ChainedEntry, type ChainPoint, verifyLedger } from '#domain/ledger.ts';
import { Stop } from '../output.ts';

const ANCHOR = /^([1-9]\d{0,15}):(sha256:[0-9a-f]{64})$/;

/** `SEQUENCE:HASH`, as `verify` and `export` say it. Throws `Stop` for another text. */
export function parseAnchor(text: string): ChainPoint {
  const [, sequence, hash] = ANCHOR.exec(text.trim()) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new Stop(2, 'an anchor is SEQUENCE:HASH, as ledger verify prints it');
  }
  return { sequence: Number(sequence), hash };
}

export function anchorText({ sequence, hash }: ChainPoint): string {
  return `${sequence}:${hash}`;
}

/** The entries of an exported file, one JSON line each. Throws `BadInput` that names the line. */
export async function readExport(file: string): Promise<readonly ChainedEntry[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Stop(2, `${file} can't be read`, { cause: error });
  }
  return text
    .split('\n')
    .flatMap((line, i) =>
      line.trim() === '' ? [] : [parseJson(EntryDocument, line, `${file}, line ${i + 1}`)],
    );
}

export interface Verified {
  /** Sets exit code 1 where the ledger isn't whole. */
  readonly ok: boolean;
  readonly data: object;
  readonly words: string;
}

/**
 * A ledger verified on this machine: against its head where the registry was asked (null: it has none), and
 * against an anchor that was kept elsewhere. Says what was not compared.
 */
export function verified(
  model: string,
  entries: readonly ChainedEntry[],
  against: { readonly head?: ChainPoint | null; readonly anchor?: ChainPoint },
): Verified {
  const found = verifyLedger(model, entries, against);
  const last = entries.at(-1);
  const end = last === undefined ? null : { sequence: last.sequence, hash: last.hash };
  const data = { ...found, end, head: against.head ?? null, anchor: against.anchor ?? null };
  if (!found.ok) {
    return { ok: false, data, words: `broken at entry ${found.sequence}: ${found.problem}` };
  }
  const held = [
    ...(against.head === undefined ? [] : ['the chain ends at its head']),
    ...(against.anchor === undefined ? [] : [`it holds the kept entry ${against.anchor.sequence}`]),
  ];
  const right = `${found.length} entries, every hash and link right${held.map((one) => `, ${one}`).join('')}`;
  const open =
    against.anchor === undefined
      ? 'not compared with an entry that was kept elsewhere (--anchor): a chain that was cut or written anew as a whole would look the same'
      : '';
  const keep = end === null ? '' : `keep elsewhere: ${anchorText(end)}`;
  return { ok: true, data, words: [right, open, keep].filter((line) => line !== '').join('\n') };
}
