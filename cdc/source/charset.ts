/** Turns the bytes of a text column into text. */
export type TextDecode = (bytes: Buffer, start: number, end: number) => string;

const utf8: TextDecode = (bytes, start, end) => bytes.toString('utf8', start, end);

// MariaDB's latin1 is Windows-1252 with the five unassigned bytes kept as the control characters of the same number.
const windows1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

const latin1: TextDecode = (bytes, start, end) => {
  const text = bytes.toString('latin1', start, end);
  // oxlint-disable-next-line no-control-regex -- the range is the point
  return text.replaceAll(/[\u0080-\u009f]/g, (char) => windows1252.charAt(char.charCodeAt(0) - 0x80));
};

const encodings: Readonly<Record<string, string>> = {
  latin2: 'iso-8859-2',
  latin5: 'windows-1254',
  latin7: 'iso-8859-13',
  greek: 'iso-8859-7',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1256: 'windows-1256',
  cp1257: 'windows-1257',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  gbk: 'gbk',
  gb2312: 'gbk',
  big5: 'big5',
  sjis: 'shift_jis',
  cp932: 'shift_jis',
  ujis: 'euc-jp',
  eucjpms: 'euc-jp',
  euckr: 'euc-kr',
  ucs2: 'utf-16be',
  utf16: 'utf-16be',
  utf16le: 'utf-16le',
};

/** The decoder of a MariaDB character set, or undefined when this project cannot read it. */
export function textDecoder(charset: string): TextDecode | undefined {
  if (charset.startsWith('utf8') || charset === 'ascii') return utf8;
  if (charset === 'latin1') return latin1;
  const encoding = encodings[charset];
  if (!encoding) return undefined;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
}
