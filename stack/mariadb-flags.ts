export interface ServerFlags {
  readonly serverId: number;
  readonly durable: boolean;
  readonly extra: readonly string[];
}

/**
 * What every server of the stack runs with: a complete row log (the change source refuses less), strict GTIDs, utf8mb4
 * and UTC. Without `log_bin_trust_function_creators` only SUPER may create the fence's triggers. Relaxed by default: a
 * commit survives the death of the server process but not of the machine. No TLS on the loopback: from 11.4 on a server
 * makes itself a certificate at every start, which costs 3 to 8 seconds.
 */
export function serverFlags({ serverId, durable, extra }: ServerFlags): string[] {
  return [
    '--skip-name-resolve',
    '--skip-ssl',
    `--server-id=${serverId}`,
    '--log-bin=mysql-bin',
    '--binlog-format=ROW',
    '--binlog-row-image=FULL',
    '--binlog-row-metadata=FULL',
    '--binlog-expire-logs-seconds=86400',
    '--gtid-strict-mode=ON',
    '--log-bin-trust-function-creators=ON',
    '--character-set-server=utf8mb4',
    '--default-time-zone=+00:00',
    '--max-connections=500',
    '--innodb-log-file-size=64M',
    '--innodb-buffer-pool-size=128M',
    `--innodb-flush-log-at-trx-commit=${durable ? 1 : 2}`,
    `--sync-binlog=${durable ? 1 : 0}`,
    ...extra,
  ];
}

/** A server id nobody else on this machine has chosen, short of one chance in four billion. */
export function randomServerId(random: () => number = Math.random): number {
  return 1 + Math.floor(random() * 0xff_ff_ff_fe);
}
