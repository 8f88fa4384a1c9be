/** Column type numbers as the log writes them. */
export const LogType = {
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  OLD_TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  OLD_TIME: 11,
  OLD_DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  VARCHAR: 15,
  BIT: 16,
  TIMESTAMP: 17,
  DATETIME: 18,
  TIME: 19,
  BLOB_COMPRESSED: 140,
  VARCHAR_COMPRESSED: 141,
  JSON: 245,
  DECIMAL: 246,
  ENUM: 247,
  SET: 248,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const;

const T = LogType;
const numeric = new Set<number>([T.TINY, T.SHORT, T.INT24, T.LONG, T.LONGLONG, T.FLOAT, T.DOUBLE, T.DECIMAL, T.YEAR]);
const character = new Set<number>([
  T.VARCHAR,
  T.VAR_STRING,
  T.STRING,
  T.BLOB,
  T.TINY_BLOB,
  T.MEDIUM_BLOB,
  T.LONG_BLOB,
  T.BLOB_COMPRESSED,
  T.VARCHAR_COMPRESSED,
]);

/** Which list of a table map's optional metadata a column takes part in. */
export const isNumericType = (type: number): boolean => numeric.has(type);
export const isCharacterType = (type: number): boolean => character.has(type);
export const isListType = (type: number): boolean => type === T.ENUM || type === T.SET;
