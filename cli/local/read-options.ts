/** How a table that a person names is written, where nothing else says it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SEPARATORS, type Separator } from '#dataset/csv.ts';
import type { ReadRules } from '#learning/cells.ts';

export interface ReadOptions {
  readonly sep?: Separator;
  readonly decimal?: ReadRules['decimal'];
  readonly missing?: readonly string[];
}

/** Adds `--sep`, `--decimal` and `--missing` to a verb that reads a table. */
export function addReadOptions(verb: Command): Command {
  return verb
    .option('--sep <character>', 'what separates the cells of a CSV: , ; | or tab', separatorOf)
    .addOption(
      new Option('--decimal <mark>', 'the decimal mark of its numbers').choices(['.', ',']),
    )
    .option('--missing <word...>', 'further words that mean a missing cell, such as ? or -999');
}

function separatorOf(text: string): Separator {
  const wanted = text === 'tab' || text === String.raw`\t` ? '\t' : text;
  const known = SEPARATORS.find((one) => one === wanted);
  if (known !== undefined) return known;
  throw new InvalidArgumentError('a separator is , ; | or tab.');
}
