-- fleet: the one schema. Grown since 2014. No foreign keys ("too slow", 2015), times are UTC, zero date = has not happened.
-- Change it here AND on production by hand; there is no other migration tool.

CREATE TABLE settings (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE users (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(190) NOT NULL,
  name VARCHAR(120) NOT NULL,
  phone VARCHAR(32) NULL DEFAULT '',
  salt CHAR(8) NOT NULL,
  password_md5 CHAR(32) NOT NULL,                          -- md5(salt + password); bcrypt was planned for v2
  role ENUM('rider','operator','admin') NOT NULL DEFAULT 'rider',
  locale CHAR(5) NOT NULL DEFAULT 'en_GB',
  preferences JSON NULL,
  newsletter TINYINT(1) NOT NULL DEFAULT 1,
  last_login_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  deleted TINYINT(1) NOT NULL DEFAULT 0,
  deleted_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY users_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE sessions (
  id CHAR(32) NOT NULL PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  user_agent VARCHAR(255) NULL,
  expires_at DATETIME NOT NULL,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY sessions_user (user_id), KEY sessions_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE credit_accounts (
  user_id INT UNSIGNED NOT NULL PRIMARY KEY,
  balance DECIMAL(14,2) NOT NULL DEFAULT 0.00,
  currency CHAR(3) NOT NULL DEFAULT 'EUR',
  updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE charges (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  trip_id BIGINT UNSIGNED NULL,
  kind ENUM('trip','topup','refund','fee') NOT NULL DEFAULT 'trip',
  amount DECIMAL(12,2) NOT NULL,
  currency CHAR(3) NOT NULL DEFAULT 'EUR',
  description VARCHAR(255) NULL DEFAULT '',
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY charges_user (user_id, id), KEY charges_trip (trip_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE firmware (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  version VARCHAR(32) NOT NULL,
  channel ENUM('stable','beta','nightly') NOT NULL DEFAULT 'stable',
  checksum BINARY(16) NULL,
  notes TEXT NULL,
  released_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  UNIQUE KEY firmware_version (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE vehicles (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  plate VARCHAR(16) NOT NULL,
  vin CHAR(17) NOT NULL,
  model VARCHAR(64) NOT NULL,
  state ENUM('active','charging','maintenance','retired') NOT NULL DEFAULT 'active',
  firmware_id INT UNSIGNED NULL,
  odometer BIGINT UNSIGNED NOT NULL DEFAULT 0,
  battery_pct TINYINT UNSIGNED NOT NULL DEFAULT 100,
  last_lat DECIMAL(9,6) NULL,
  last_lng DECIMAL(9,6) NULL,
  last_seen_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  deleted TINYINT(1) NOT NULL DEFAULT 0,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY vehicles_vin (vin), KEY vehicles_state (state, deleted)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE sensors (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  vehicle_id INT UNSIGNED NOT NULL,
  kind ENUM('lidar','radar','camera','imu','gps','door') NOT NULL,
  serial VARCHAR(40) NOT NULL,
  healthy TINYINT(1) NOT NULL DEFAULT 1,
  calibrated_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  KEY sensors_vehicle (vehicle_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE diagnostics (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  vehicle_id INT UNSIGNED NOT NULL,
  sensor_id INT UNSIGNED NULL,
  code VARCHAR(16) NOT NULL,
  severity ENUM('info','warning','critical') NOT NULL DEFAULT 'info',
  payload JSON NULL,
  raised_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  cleared_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  KEY diagnostics_vehicle (vehicle_id, id), KEY diagnostics_open (cleared_at, severity)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE routes (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(120) NOT NULL,
  origin VARCHAR(120) NOT NULL,
  destination VARCHAR(120) NOT NULL,
  distance_km DECIMAL(8,3) NOT NULL DEFAULT 0.000,
  est_minutes SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  waypoints JSON NULL,
  active TINYINT(1) NOT NULL DEFAULT 1
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE trips (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  vehicle_id INT UNSIGNED NULL,
  route_id INT UNSIGNED NULL,
  status ENUM('requested','assigned','en_route','completed','cancelled') NOT NULL DEFAULT 'requested',
  pickup_addr VARCHAR(255) NOT NULL,
  dropoff_addr VARCHAR(255) NULL DEFAULT 'unknown',
  fare DECIMAL(10,2) NOT NULL DEFAULT 0.00,
  surge DECIMAL(4,2) NOT NULL DEFAULT 1.00,
  currency CHAR(3) NOT NULL DEFAULT 'EUR',
  shared_ride TINYINT(1) NOT NULL DEFAULT 0,
  odometer_start BIGINT UNSIGNED NOT NULL DEFAULT 0,      -- metres; the 2016 units report garbage above 2^63
  started_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  finished_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  note TEXT NULL,
  extras JSON NULL,
  client_ref CHAR(36) NULL,                                -- the app's own token; NOT unique
  deleted TINYINT(1) NOT NULL DEFAULT 0,
  legacy_flags INT NOT NULL DEFAULT 0,                     -- nobody remembers
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  KEY trips_user (user_id, id), KEY trips_vehicle (vehicle_id), KEY trips_status (status, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE locations (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  trip_id BIGINT UNSIGNED NOT NULL,
  vehicle_id INT UNSIGNED NULL,
  lat DECIMAL(9,6) NOT NULL, lng DECIMAL(9,6) NOT NULL,
  speed_kmh FLOAT NULL,
  source ENUM('gps','manual','import') NOT NULL DEFAULT 'gps',
  client_ref CHAR(36) NULL,
  recorded_at DATETIME(6) NOT NULL,
  KEY locations_trip (trip_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE notifications (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  kind VARCHAR(24) NOT NULL DEFAULT 'info',
  title VARCHAR(160) NOT NULL,
  body TEXT NULL,
  is_read TINYINT(1) NOT NULL DEFAULT 0,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY notifications_user (user_id, id), KEY notifications_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE feedback (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id INT UNSIGNED NOT NULL,
  trip_id BIGINT UNSIGNED NULL,
  rating TINYINT UNSIGNED NOT NULL,
  comment TEXT NULL,
  status ENUM('new','seen','closed') NOT NULL DEFAULT 'new',
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY feedback_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

DELIMITER $$

-- The map page wanted the newest position without a join. (2017)
CREATE TRIGGER locations_last_seen AFTER INSERT ON locations FOR EACH ROW
BEGIN
  IF NEW.vehicle_id IS NOT NULL THEN
    UPDATE vehicles SET last_lat = NEW.lat, last_lng = NEW.lng, last_seen_at = NEW.recorded_at
     WHERE id = NEW.vehicle_id;
  END IF;
END$$

-- Charges every completed trip that has no charge yet and debits the rider. Called by the nightly job.
-- The lock is there because of March 2018, when two nights ran at once and billed everybody twice.
CREATE PROCEDURE bill_trips(IN upto DATETIME)
BEGIN
  DECLARE newest BIGINT UNSIGNED DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    ROLLBACK;
    DO RELEASE_LOCK('fleet_bill_trips');
    RESIGNAL;
  END;
  IF GET_LOCK('fleet_bill_trips', 10) <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'bill_trips is already running';
  END IF;
  START TRANSACTION;
  SELECT COALESCE(MAX(id), 0) INTO newest FROM charges;
  INSERT INTO charges (user_id, trip_id, kind, amount, currency, description, created_at)
    SELECT t.user_id, t.id, 'trip', ROUND(t.fare * t.surge, 2), t.currency, CONCAT('Trip ', t.id), upto
      FROM trips t LEFT JOIN charges c ON c.trip_id = t.id AND c.kind = 'trip'
     WHERE t.status = 'completed' AND t.deleted = 0 AND t.finished_at <= upto AND c.id IS NULL
     ORDER BY t.id;
  UPDATE credit_accounts a
    JOIN (SELECT user_id, SUM(amount) AS owed FROM charges WHERE id > newest AND kind = 'trip' GROUP BY user_id) n
      ON n.user_id = a.user_id
     SET a.balance = a.balance - n.owed, a.updated_at = upto;
  COMMIT;
  DO RELEASE_LOCK('fleet_bill_trips');
END$$

DELIMITER ;
