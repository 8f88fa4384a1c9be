import { withConnection } from '../tables/connect.ts';
import { compareShapes, readShapes, type ShapeChange } from '../tables/table-shape.ts';
import { readKeptShapes } from './shape-store.ts';

export interface ObservedSource {
  /** Name of the stream that keeps what the mapping was written for, at its target. */
  readonly stream: string;
  readonly targetUrl: string;
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly tables: readonly string[];
}

/** What is different at the source from the definitions the mapping was written for. Nothing before the first start. */
export async function readSchemaChanges(observed: ObservedSource): Promise<ShapeChange[]> {
  const { stream, targetUrl, sourceUrl, sourceSchema, tables } = observed;
  const kept = await withConnection(targetUrl, (connection) => readKeptShapes(connection, stream));
  const now = await withConnection(sourceUrl, (connection) => readShapes(connection, sourceSchema, tables));
  return compareShapes(kept, now);
}
