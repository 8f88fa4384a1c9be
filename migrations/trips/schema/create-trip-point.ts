import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a trip was, and when. */
export class CreateTripPoint1767225602000 implements MigrationInterface {
  readonly name = 'CreateTripPoint1767225602000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trip_point (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        trip_id BIGINT UNSIGNED NOT NULL,
        vehicle_id INT UNSIGNED NULL,
        latitude DECIMAL(9,6) NOT NULL,
        longitude DECIMAL(9,6) NOT NULL,
        speed_kmh FLOAT NULL,
        origin VARCHAR(8) NOT NULL,
        client_ref CHAR(36) NULL,
        recorded_at DATETIME(6) NOT NULL,
        PRIMARY KEY (id),
        KEY trip_point_trip (trip_id, id)
      ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trip_point');
  }
}
