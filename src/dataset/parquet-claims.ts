/** What a Parquet file says about itself, judged before anything of it is held: a few bytes may claim any size. */
import type { ColumnMetaData, FileMetaData, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { MAX_DATA_BYTES } from '#contracts/commit-limits.ts';
import { checkLevels, checkRuns, type PagePlan } from './parquet-runs.ts';
import { refuse } from './refusal.ts';

/** While a column is read a cell takes eight bytes: all of them then take no more than half a gigabyte. */
const MOST_CELLS = MAX_DATA_BYTES / 4;

/** A column's deflated pages in order: what is to be checked once they are inflated, if anything. */
export type DeflatedPages = readonly (PagePlan | null)[];

/**
 * Throws `DataInvalid` where a file claims more cells or, uncompressed, more bytes than are read here,
 * names a codec outside `codecs`, or has pages with other rows than their row group or longer runs than
 * themselves; runs that are deflated are left to `checkRuns`.
 *
 * `columns` are the flat columns that will be read. What pages claim counts too: it is what a reader
 * makes room for. Linear in the pages; inflates nothing.
 */
export function checkClaims(of: {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly metadata: FileMetaData;
  readonly columns: readonly SchemaElement[];
  readonly codecs: ReadonlySet<string>;
}): ReadonlyMap<string, DeflatedPages> {
  const { bytes, file, metadata, columns, codecs } = of;
  const rows = Number(metadata.num_rows);
  if (!(rows >= 0 && rows * columns.length <= MOST_CELLS)) {
    refuse(
      file,
      {},
      `says that it has ${rows} rows × ${columns.length} columns; at most ${MOST_CELLS} cells are read`,
    );
  }
  const wanted = new Map(columns.map((element) => [element.name, element]));
  const deflated = new Map<string, (PagePlan | null)[]>(columns.map(({ name }) => [name, []]));
  let claimed = 0;
  let inPages = 0;
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    for (const { meta_data: chunk } of group.columns) {
      const column = chunk?.path_in_schema[0];
      if (chunk === undefined || column === undefined) throw new Error('no column’s metadata');
      const element = wanted.get(column);
      if (element === undefined) continue;
      if (!codecs.has(chunk.codec)) {
        refuse(file, { column }, `is compressed by ${codecName(chunk)}, which is not read here`);
      }
      claimed += Number(chunk.total_uncompressed_size);
      checkBytes(claimed, file, column);
      const found = pagesOf(bytes, chunk, groupRows);
      inPages += found.inflated;
      checkBytes(inPages, file, column);
      if (found.rows !== groupRows) {
        refuse(file, { column }, 'has pages of other rows than the file says: it is damaged');
      }
      const optional = element.repetition_type === 'OPTIONAL';
      for (const { header, body } of found.pages) {
        const plan = { header, type: chunk.type, optional };
        if (header.type === 'DICTIONARY_PAGE') {
          if (chunk.codec !== 'UNCOMPRESSED') deflated.get(column)?.push(null);
          continue;
        }
        const values = checkLevels(body, plan);
        const plain = header.data_page_header_v2?.is_compressed === false;
        if (plain || chunk.codec === 'UNCOMPRESSED') checkRuns(values, plan);
        else deflated.get(column)?.push(plan);
      }
    }
  }
  return deflated;
}

/** The reader knows no name for a number that the format lacks. */
function codecName({ codec }: { readonly codec: string | undefined }): string {
  return codec ?? 'an unknown codec';
}

function checkBytes(claimed: number, file: string, column: string): void {
  if (claimed >= 0 && claimed <= MAX_DATA_BYTES) return;
  refuse(file, { column }, `holds more than ${MAX_DATA_BYTES} bytes uncompressed`);
}

interface Pages {
  readonly rows: number;
  /** Bytes, by what the pages say. */
  readonly inflated: number;
  readonly pages: readonly { readonly header: PageHeader; readonly body: Uint8Array }[];
}

/** A column's pages in a row group, up to those that bring one row too many. */
function pagesOf(bytes: Uint8Array, chunk: ColumnMetaData, most: number): Pages {
  const dictionary = Number(chunk.dictionary_page_offset ?? 0);
  const data = Number(chunk.data_page_offset);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const size = Number(chunk.total_compressed_size);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, size);
  const reader = { view, offset: 0 };
  const pages: { header: PageHeader; body: Uint8Array }[] = [];
  let rows = 0;
  let inflated = 0;
  while (rows < most) {
    const header = parquetHeader(reader);
    const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    const { compressed_page_size: length, uncompressed_page_size: claimed } = header;
    if (!(values >= 0 && length >= 0 && claimed >= 0)) throw new Error('a size below 0');
    pages.push({
      header,
      body: new Uint8Array(view.buffer, view.byteOffset + reader.offset, length),
    });
    reader.offset += length;
    rows += values;
    inflated += claimed;
  }
  return { rows, inflated, pages };
}
