export { createSchemaDataSource, migrateSchema } from './data-source.ts';
