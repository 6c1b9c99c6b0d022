// How old the data of a read may be. Sent as the first statement of a batch, so that what it says holds for those after it.
import * as column from './row.ts'
import { Statement } from './statement.ts'

const shape = { computedAt: column.instant, servedBy: column.oneOf(['replica', 'primary']), dataAsOf: column.instant }
/**
 * Needs no permission and reads no rows. Everything committed until `dataAsOf` is in what the batch goes on to read:
 * on the primary that is now; on a replica that is connected and has replayed all it received, now as well (what is on the
 * way between the two is milliseconds); otherwise the last commit it replayed, or, before the first one, its last checkpoint.
 * Only the calm case is answered without that last commit, which may be another organization's.
 */
export const freshness: Statement<'read', never, column.Row<typeof shape>> = new Statement(
  `select clock_timestamp() as computed_at, case when pg_is_in_recovery() then 'replica' else 'primary' end as served_by,
          case when not pg_is_in_recovery() then clock_timestamp()
               when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver) then clock_timestamp()
               else least(clock_timestamp(), coalesce(pg_last_xact_replay_timestamp(), (select c.checkpoint_time from pg_control_checkpoint() c))) end as data_as_of
    where $1::uuid is not null`,
  shape, {})
