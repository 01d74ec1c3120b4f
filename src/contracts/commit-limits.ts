/** How large each part of a commit may be, in bytes. */
export const MAX_BUNDLE_BYTES = 2 * 1024 * 1024;
export const MAX_DATA_BYTES = 256 * 1024 * 1024;
export const MAX_REPORT_BYTES = 2 * 1024 * 1024;
