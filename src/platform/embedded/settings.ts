import { ClusterError } from './cluster-error.ts'

export type Settings = Readonly<Record<string, string>>

/** Turning one of these off trades acknowledged data for speed. Nobody may, not even a benchmark. */
const ALWAYS_ON: readonly string[] = ['fsync', 'full_page_writes']

/** These are ours to decide: a caller who changed them would lose the server or open it to the network. */
const OURS: readonly string[] = [
  'port', 'listen_addresses', 'unix_socket_directories', 'data_directory', 'hba_file', 'cluster_name',
  'primary_conninfo', 'primary_slot_name', 'hot_standby', 'logging_collector', 'external_pid_file',
]

const DEFAULTS: Settings = {
  wal_level: 'replica',
  hot_standby: 'on',
  max_connections: '200',
  shared_buffers: '160MB',
  synchronous_commit: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  password_encryption: 'scram-sha-256',
  max_wal_senders: '10',
  max_replication_slots: '10',
  wal_keep_size: '64MB',
  max_wal_size: '1GB',
  // A table that has just been filled is planned for as if it were nearly empty, until somebody counts it.
  autovacuum_naptime: '15s',
  // A dead replica makes the primary keep its log. Past this size the slot is given up and the replica cloned anew: a disk that fills would stop everybody.
  max_slot_wal_keep_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_checkpoints: 'off',
  // A query's parameters may be personal data and a statement may hold a password.
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
}

export interface ServerSettings {
  readonly name: string
  readonly port: number
  readonly socketFolder: string
  readonly overrides: Settings
  /** Connection to the primary; present on a replica only. */
  readonly primary?: { readonly port: number; readonly password: string }
}

export const SLOT = 'bss_replica'
export const REPLICATOR = 'bss_replicator'
export const SUPERUSER = 'postgres'

/** The whole `postgresql.conf`, written at every start: one place to read, and no leftovers of an older release. */
export function configText(server: ServerSettings): string {
  const settings: Record<string, string> = {
    ...DEFAULTS,
    ...server.overrides,
    cluster_name: server.name,
    port: String(server.port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: server.socketFolder === '' ? '' : `"${server.socketFolder.replaceAll('"', '""')}"`,
  }
  if (server.primary !== undefined) {
    const { port, password } = server.primary
    settings['primary_conninfo'] = `host=127.0.0.1 port=${port} user=${REPLICATOR} password=${password} application_name=${SLOT}`
    settings['primary_slot_name'] = SLOT
    settings['hot_standby_feedback'] = 'on'
    // A replica that lost its primary should notice within seconds, not in TCP's own time, and be back at once.
    settings['wal_retrieve_retry_interval'] = server.overrides['wal_retrieve_retry_interval'] ?? '250ms'
    settings['wal_receiver_timeout'] = server.overrides['wal_receiver_timeout'] ?? '10s'
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'`)
  return ['# Written by Blue Ship Sync at every start; changes here are lost.', ...lines].join('\n')
}

/** Passwords everywhere, also on the local socket; nothing from other machines. */
export function accessText(): string {
  return [
    '# Written by Blue Ship Sync at every start; changes here are lost.',
    'local all all scram-sha-256',
    'host all all 127.0.0.1/32 scram-sha-256',
    `host replication ${REPLICATOR} 127.0.0.1/32 scram-sha-256`,
  ].join('\n')
}

export function requireSafeSettings(overrides: Settings): void {
  for (const [key, value] of Object.entries(overrides)) {
    const name = key.toLowerCase()
    if (!/^[a-z_]+(\.[a-z_]+)?$/.test(name) || /[\n\r\0]/.test(value)) throw new ClusterError('setting-refused', `The setting "${key}" cannot be written into a PostgreSQL configuration.`)
    if (OURS.includes(name)) throw new ClusterError('setting-refused', `The setting ${key} is decided by Blue Ship Sync and cannot be given.`)
    if (ALWAYS_ON.includes(name) && value.toLowerCase() !== 'on') {
      throw new ClusterError('setting-refused', `The setting ${key} must stay on: without it a power cut destroys acknowledged data.`)
    }
  }
}

/** A socket's address holds about a hundred bytes (104 on macOS, 108 on Linux); a longer path gets no socket. */
export function socketFolderFor(folder: string): string {
  return Buffer.byteLength(`${folder}/.s.PGSQL.65535`) < 100 ? folder : ''
}
