/** What a file is that isn't a table of plain text: named, so that a person knows what to do. */
import { refuse } from './refusal.ts';

interface Container {
  /** How its first bytes go, one code unit a byte. */
  readonly begins: string;
  readonly what: string;
}

/** The first that fits counts. */
const CONTAINERS: readonly Container[] = [
  { begins: '\x1f\x8b', what: 'is compressed by gzip: unpack it first (gunzip)' },
  { begins: 'BZh', what: 'is compressed by bzip2: unpack it first (bunzip2)' },
  { begins: '\xfd7zXZ\0', what: 'is compressed by xz: unpack it first (unxz)' },
  { begins: '\x28\xb5\x2f\xfd', what: 'is compressed by zstd: unpack it first (unzstd)' },
  { begins: 'PK\x03\x04', what: 'is a zip archive: unpack it first (unzip)' },
  {
    begins: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    what: 'is an old Excel workbook (.xls): save its sheet as CSV UTF-8',
  },
  { begins: 'ARROW1', what: 'is an Arrow or Feather file: save the table as Parquet or CSV' },
  { begins: 'SQLite format 3\0', what: 'is an SQLite database: export the table as CSV' },
  { begins: '%PDF-', what: 'is a PDF: save the table as CSV' },
  { begins: '\xff\xfe', what: 'is UTF-16: save the table as UTF-8' },
  { begins: '\xfe\xff', what: 'is UTF-16: save the table as UTF-8' },
];
/** A workbook is a zip whose first entries have such names. */
const WORKBOOK = /\[Content_Types\]\.xml|xl\/|mimetypeapplication\/vnd\.oasis/;
const LOOKED_AT = 4096;

/** Throws `DataInvalid` for a compressed file, a workbook, another format or another Unicode encoding. */
export function refuseContainer(bytes: Uint8Array, file: string): void {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LOOKED_AT));
  const text = start.toString('latin1');
  const found = CONTAINERS.find(({ begins }) => text.startsWith(begins));
  if (found === undefined) return;
  if (found.begins === 'PK\x03\x04' && WORKBOOK.test(text)) {
    refuse(file, {}, 'is a spreadsheet (a workbook): save its sheet as CSV UTF-8');
  }
  refuse(file, {}, found.what);
}
