import { describe, expect, it } from '@jest/globals';
import { allErrorDocs, outdatedFiles } from './generated-files.ts';

describe('generated files', () => {
  it('agree with the code; run npm run generate', () => {
    expect(outdatedFiles()).toEqual([]);
  });

  it('tell for every code what happened, when it is normal and what to do', () => {
    const docs = Object.entries(allErrorDocs());
    expect(docs.length).toBeGreaterThan(20);
    for (const [code, doc] of docs) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z0-9]+)+$/);
      for (const text of [doc.happened, doc.normal, doc.todo]) expect(text.length).toBeGreaterThan(9);
    }
  });
});
