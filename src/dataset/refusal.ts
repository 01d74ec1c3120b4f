/** One way to refuse a table: one line that names file, row and column, and never a cell's value. */
import { TitleholderError } from '#domain/errors.ts';

export interface CellPlace {
  /** 1 is the first row of data; 0 is the header. */
  readonly row?: number;
  readonly column?: string;
}

/** Throws `DataInvalid`: `file: row 3, column 'Age': what is wrong`. */
export function refuse(file: string, place: CellPlace, what: string): never {
  const where = [
    ...(place.row === undefined ? [] : [place.row === 0 ? 'row 0 (header)' : `row ${place.row}`]),
    ...(place.column === undefined ? [] : [`column ${quoted(place.column)}`]),
  ].join(', ');
  throw new TitleholderError('DataInvalid', `${file}: ${where === '' ? '' : `${where}: `}${what}`, {
    file,
    row: place.row ?? null,
    column: place.column ?? null,
  });
}

/** A column's name on one line, however it was written in the header. */
export function quoted(name: string): string {
  const text = name.replace(/[\u0000-\u001f\u007f]/g, ' ');
  return `'${text.length > 60 ? `${text.slice(0, 57)}…` : text}'`;
}
