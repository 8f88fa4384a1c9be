import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The price of a trip in minor units (cents), so that no sum is ever rounded. */
export class CreateTripFare1767225601000 implements MigrationInterface {
  readonly name = 'CreateTripFare1767225601000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trip_fare (
        trip_id BIGINT UNSIGNED NOT NULL,
        amount_minor BIGINT NOT NULL,
        surge_percent INT NOT NULL,
        currency CHAR(3) NOT NULL,
        PRIMARY KEY (trip_id)
      ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trip_fare');
  }
}
