import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Times are UTC. No column follows the clock by itself: rows carried over keep the times they have. */
export class CreateTrip1767225600000 implements MigrationInterface {
  readonly name = 'CreateTrip1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trip (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        rider_id INT UNSIGNED NOT NULL,
        vehicle_id INT UNSIGNED NULL,
        route_id INT UNSIGNED NULL,
        state VARCHAR(16) NOT NULL,
        removed_from VARCHAR(16) NULL,
        pickup VARCHAR(255) NOT NULL,
        dropoff VARCHAR(255) NULL,
        shared TINYINT(1) NOT NULL,
        odometer_start BIGINT UNSIGNED NOT NULL,
        started_at DATETIME NULL,
        finished_at DATETIME NULL,
        note TEXT NULL,
        extras JSON NULL,
        client_ref CHAR(36) NULL,
        created_at DATETIME NOT NULL,
        updated_at DATETIME(3) NOT NULL,
        PRIMARY KEY (id),
        KEY trip_rider (rider_id, id),
        KEY trip_vehicle (vehicle_id),
        KEY trip_state (state, created_at)
      ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trip');
  }
}
