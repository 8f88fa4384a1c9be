import { isBanyanError } from '../../shared/index.ts';
import { cdcErrors } from '../errors.ts';
import { withConnection } from '../tables/connect.ts';
import { readShapes, type ShapeChange } from '../tables/table-shape.ts';
import { readSchemaChanges } from './schema-changes.ts';
import { keepShapes } from './shape-store.ts';
import type { StreamOptions } from './stream-options.ts';

type SourceShapesOptions = Pick<StreamOptions, 'name' | 'targetUrl' | 'sourceUrl' | 'sourceSchema' | 'maps'>;

/** The definitions of the source's tables that a stream's mapping was written for, and what became different since. */
export class SourceShapes {
  private readonly options: SourceShapesOptions;

  constructor(options: SourceShapesOptions) {
    this.options = options;
  }

  /** The mapping is for the definitions as they are now. */
  async keep(): Promise<void> {
    const { targetUrl, name, sourceUrl, sourceSchema, maps } = this.options;
    const shapes = await withConnection(sourceUrl, (connection) =>
      readShapes(connection, sourceSchema, Object.keys(maps)),
    );
    await withConnection(targetUrl, (connection) => keepShapes(connection, name, shapes));
  }

  changes(): Promise<ShapeChange[]> {
    const { name, targetUrl, sourceUrl, sourceSchema, maps } = this.options;
    return readSchemaChanges({ stream: name, targetUrl, sourceUrl, sourceSchema, tables: Object.keys(maps) });
  }

  /** Says of a schema change what it changed; gives any other error back. */
  async explain(thrown: unknown): Promise<unknown> {
    if (!isBanyanError(thrown) || thrown.code !== 'CDC_SCHEMA_CHANGED') return thrown;
    const changes = await this.changes().catch(() => []);
    const lines = changes.map(
      ({ table, column, what }) => `${column === undefined ? table : `${table}.${column}`} ${what}`,
    );
    return cdcErrors.error('CDC_SCHEMA_CHANGED', { message: [thrown.message, ...lines].join('; ') });
  }
}
