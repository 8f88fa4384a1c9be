import { describe, expect, it } from '@jest/globals';
import { schemaStatements, splitSql } from './apply-schema.ts';

describe('splitSql', () => {
  it('keeps a trigger body whole and never sends DELIMITER to the server', () => {
    const sql = 'CREATE TABLE a (x INT);\nDELIMITER $$\nCREATE TRIGGER t BEGIN\n  DO 1;\nEND$$\nDELIMITER ;\nDO 2;\n';
    expect(splitSql(sql)).toEqual(['CREATE TABLE a (x INT)', 'CREATE TRIGGER t BEGIN\n  DO 1;\nEND', 'DO 2']);
  });

  it('finds every table, the trigger and the procedure in schema.sql', () => {
    const kinds = schemaStatements().map((statement) => /CREATE (\w+)/.exec(statement)?.[1]);
    expect(kinds.filter((kind) => kind === 'TABLE')).toHaveLength(14);
    expect(kinds.slice(-2)).toEqual(['TRIGGER', 'PROCEDURE']);
  });
});
