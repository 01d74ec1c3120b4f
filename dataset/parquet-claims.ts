/** What a Parquet file says about itself, judged before anything of it is held: a few bytes may claim any size. */
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { MAX_DATA_BYTES } from '../contracts/api.ts';
import { refuse } from './refusal.ts';

/** While a column is read a cell takes eight bytes: all of them then take no more than half a gigabyte. */
const MOST_CELLS = MAX_DATA_BYTES / 4;

/**
 * Throws `DataInvalid` where a file claims more cells or, uncompressed, more bytes than are read here,
 * names a codec outside `codecs`, or has pages with other rows than their row group.
 *
 * `columns` are the names of the flat columns that will be read. What pages claim counts too: it is what
 * a reader makes room for. Linear in the number of pages; inflates nothing.
 */
export function checkClaims(of: {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly codecs: ReadonlySet<string>;
}): void {
  const { bytes, file, metadata, columns, codecs } = of;
  const rows = Number(metadata.num_rows);
  if (!(rows >= 0 && rows * columns.length <= MOST_CELLS)) {
    refuse(
      file,
      {},
      `says that it has ${rows} rows × ${columns.length} columns; at most ${MOST_CELLS} cells are read`,
    );
  }
  const wanted = new Set(columns);
  let claimed = 0;
  let inPages = 0;
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    for (const { meta_data: chunk } of group.columns) {
      const column = chunk?.path_in_schema[0];
      if (chunk === undefined || column === undefined) throw new Error('no column’s metadata');
      if (!wanted.has(column)) continue;
      if (!codecs.has(chunk.codec)) {
        refuse(file, { column }, `is compressed by ${codecName(chunk)}, which is not read here`);
      }
      claimed += Number(chunk.total_uncompressed_size);
      checkBytes(claimed, file, column);
      const found = pagesOf(bytes, chunk, groupRows);
      inPages += found.bytes;
      checkBytes(inPages, file, column);
      if (found.rows !== groupRows) {
        refuse(file, { column }, 'has pages of other rows than the file says: it is damaged');
      }
    }
  }
}

/** The reader knows no name for a number that the format lacks. */
function codecName({ codec }: { readonly codec: string | undefined }): string {
  return codec ?? 'an unknown codec';
}

function checkBytes(claimed: number, file: string, column: string): void {
  if (claimed >= 0 && claimed <= MAX_DATA_BYTES) return;
  refuse(file, { column }, `holds more than ${MAX_DATA_BYTES} bytes uncompressed`);
}

/** The rows and uncompressed bytes that a column's pages claim, up to one row too many. */
function pagesOf(
  bytes: Uint8Array,
  chunk: ColumnMetaData,
  rows: number,
): { readonly rows: number; readonly bytes: number } {
  const dictionary = Number(chunk.dictionary_page_offset ?? 0);
  const data = Number(chunk.data_page_offset);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const size = Number(chunk.total_compressed_size);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, size);
  const reader = { view, offset: 0 };
  const found = { rows: 0, bytes: 0 };
  while (found.rows < rows) {
    const page = parquetHeader(reader);
    const values = (page.data_page_header ?? page.data_page_header_v2)?.num_values ?? 0;
    const { compressed_page_size: compressed, uncompressed_page_size: inflated } = page;
    if (!(values >= 0 && compressed >= 0 && inflated >= 0)) throw new Error('a size below 0');
    found.rows += values;
    found.bytes += inflated;
    reader.offset += compressed;
  }
  return found;
}
