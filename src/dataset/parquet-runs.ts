/**
 * Run lengths in Parquet pages, judged before a reader believes them: six bytes may claim two thousand
 * million repeats, for which the reader would make room.
 */
import type { PageHeader, ParquetType } from 'hyparquet';

/** Bit-packed values come in eights, and writers fill up their last run. */
const PADDING = 512;

/** What a data page is read by. */
export interface PagePlan {
  readonly header: PageHeader;
  readonly type: ParquetType;
  /** Whether cells may be missing, so that the page says which are. */
  readonly optional: boolean;
}

/** Throws where a page's values, inflated, hold a run that is longer than the page has rows. */
export function checkRuns(page: Uint8Array, { header, type, optional }: PagePlan): void {
  const first = header.data_page_header;
  const second = header.data_page_header_v2;
  const encoding = first?.encoding ?? second?.encoding;
  const values = first?.num_values ?? second?.num_values ?? 0;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  if (first !== undefined && optional) {
    walk(view, 4, 1, values);
    at = 4 + view.getUint32(0, true);
  }
  if (type === 'BOOLEAN') {
    if (encoding !== 'PLAIN') walk(view, at + 4, 1, values);
  } else if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
    if (at < view.byteLength) walk(view, at + 1, view.getUint8(at), values);
  }
}

/** What stands behind a page's levels where they are apart from its values, and are never deflated. */
export function checkLevels(page: Uint8Array, { header, optional }: PagePlan): Uint8Array {
  const second = header.data_page_header_v2;
  if (second === undefined) return page;
  const from = second.repetition_levels_byte_length;
  const to = from + second.definition_levels_byte_length;
  const levels = page.subarray(from, to);
  if (optional) {
    walk(new DataView(levels.buffer, levels.byteOffset, levels.length), 0, 1, second.num_values);
  }
  return page.subarray(to);
}

/** The hybrid of run lengths and packed bits, as the format's Encodings.md has it. */
function walk(view: DataView, start: number, width: number, values: number): void {
  let at = start;
  for (let seen = 0; seen < values && at < view.byteLength; ) {
    let head = 0;
    let shift = 0;
    let byte = 0;
    do {
      byte = view.getUint8(at);
      at += 1;
      head |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte > 0x7f);
    const packed = (head & 1) === 1;
    const count = (head >>> 1) * (packed ? 8 : 1);
    if (count > values + (packed ? PADDING : 0)) throw new Error('a run is longer than its page');
    at += packed ? (count / 8) * width : Math.ceil(width / 8);
    seen += count;
  }
}
