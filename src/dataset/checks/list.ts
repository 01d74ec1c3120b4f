/**
 * The checks of the data. A check is one file and one line here: the validation report, what `enforce`
 * refuses and the lines that people read follow from this list, in its order.
 */
import { allowedValues } from './allowed-values.ts';
import { constantColumn } from './constant-column.ts';
import type { DataCheck } from './data-check.ts';
import { duplicateKey } from './duplicate-key.ts';
import { enoughGroups } from './enough-groups.ts';
import { holdoutShare } from './holdout-share.ts';
import { leftOut } from './left-out.ts';
import { missingCells } from './missing-cells.ts';
import { range } from './range.ts';
import { unknownColumn } from './unknown-column.ts';
import { waitingRows } from './waiting-rows.ts';

export const DATA_CHECKS: readonly DataCheck[] = [
  missingCells,
  range,
  allowedValues,
  constantColumn,
  unknownColumn,
  duplicateKey,
  holdoutShare,
  leftOut,
  waitingRows,
  enoughGroups,
];
