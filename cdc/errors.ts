import { declareErrors } from '../shared/index.ts';

export const cdcErrors = declareErrors({
  CDC_DATABASE_UNREACHABLE: {
    happened: 'A database could not be reached or refused the login.',
    normal: 'While a database restarts.',
    todo: 'Check that the server named in the message runs and accepts this user, then start again.',
    retriable: true,
  },
  CDC_POSITION_LOST: {
    happened: 'The source no longer keeps the part of its log that follows our position.',
    normal: 'When a stream stood still for longer than the log is kept (binlog_expire_logs_seconds).',
    todo: 'Take a new snapshot: forget the stream and start it again; keep the log longer than the longest pause.',
  },
  CDC_LOG_UNREADABLE: {
    happened: 'An event of the log could not be decoded: missing metadata, an unsupported column type or compression.',
    normal: 'When a preflight was skipped, or a setting of the source was changed while a stream ran.',
    todo: 'Change the setting or the column named in the message, then take a new snapshot.',
  },
  CDC_LOG_NOT_ROW: {
    happened: 'A table of the unit was changed by an event that carries no rows: a statement or an XA transaction.',
    normal: 'When a session set binlog_format to STATEMENT or MIXED.',
    todo: 'Set binlog_format=ROW for every session of the source, then take a new snapshot.',
  },
  CDC_ROW_IMAGE_PARTIAL: {
    happened: 'A row event did not carry every column.',
    normal: 'When binlog_row_image was changed from FULL.',
    todo: 'Set binlog_row_image=FULL on the source, then take a new snapshot.',
  },
  CDC_SCHEMA_CHANGED: {
    happened: 'The definition of a table of the unit was changed. The stream stopped in front of that change.',
    normal: 'After a schema migration of the source.',
    todo: 'Adapt the mapping and both schemas, raise the mapping version and start the stream again.',
  },
  CDC_MAPPING_CHANGED: {
    happened: 'The mapping has another version than the one the target was filled with.',
    normal: 'After a change of mapping.ts.',
    todo: 'Forget the stream and start it again: a new snapshot fills the target with the new meaning.',
  },
  CDC_MAPPING_FAILED: {
    happened: 'The mapping threw while it mapped a row.',
    normal: 'Never; a mapping is total.',
    todo: 'Correct mapping.ts for the table named in the message, then start the stream again.',
  },
  CDC_EVENT_MALFORMED: {
    happened:
      'A message of the change topic could not be understood: not JSON, an unknown op, or a field of another kind.',
    normal:
      'When something else than the connector writes to the topic, or the connector has other settings than ours.',
    todo: 'Compare the connector with `banyan connector <unit>`; the message names topic, partition and offset.',
  },
  CDC_TRANSACTION_INCOMPLETE: {
    happened: 'The change topic holds only a part of a source transaction. Nothing of it was applied.',
    normal:
      'When records of the topic were deleted, something else than the connector writes to it, or a connector that delivers at least once was killed before it had stored its place for the first time.',
    todo: 'Take a new snapshot: forget the stream and start it again; keep the topic to the connector alone.',
  },
  CDC_TRANSACTION_TOO_LARGE: {
    happened: 'A source transaction is larger than what may be held while its parts are read from several topics.',
    normal: 'With one topic per table, when a statement changes very many rows.',
    todo: 'Raise backlogBytes, or let the connector write one topic per unit (mode ordered), which has no such limit.',
  },
  CDC_TOPIC_UNUSABLE: {
    happened:
      'A change topic is missing, or is not what its mode needs: one partition, whole history, readable records.',
    normal: 'Before the connector runs for the first time, or when it has other settings than ours.',
    todo: 'Compare the connector and its topics with `banyan connector <unit>`, which prints the settings.',
  },
  CDC_BROKER_REFUSED: {
    happened: 'The Kafka brokers refused the login or the reading of a topic, or speak another protocol.',
    normal: 'When a password or an access rule was changed.',
    todo: 'Grant this account Read and Describe on the topic the message names, then start again.',
  },
  CDC_ROW_REFUSED: {
    happened: 'The target refused a row. The stream stopped in front of its transaction.',
    normal: 'When a target column is narrower than its source or a secondary unique key collides.',
    todo: 'Correct the target schema or the mapping, then start the stream again.',
  },
  CDC_EVENT_UNREADABLE: {
    happened: 'A change arrived whose row cannot be carried faithfully: a placeholder or an ambiguous value in it.',
    normal:
      'When the connector could not see a whole row, or a zero date stands in a column the mapping does not name.',
    todo: 'Correct what the message names, then resume; or set `changes.onRefusal: park` in the plan.',
  },
  CDC_TABLE_TRUNCATED: {
    happened: 'A table of the unit was emptied by TRUNCATE. The stream stopped in front of it.',
    normal: 'When the mapping does not say what that empties on the other side, or changes of the table are parked.',
    todo: 'Declare the table in `truncates` of mapping.ts and start again, or take a fresh copy.',
  },
  CDC_KEY_PARKED: {
    happened: 'A change waits in the park because an earlier change of the same row waits there. It is not thrown.',
    normal: 'Always, for every later change of a row with a parked one.',
    todo: 'Replay or drop the first change of its chain: `banyan parked list <unit>`.',
  },
  CDC_TOO_MANY_PARKED: {
    happened: 'More changes wait in the park than are kept. The stream stopped; nothing is lost.',
    normal: 'Never; so many refusals mean that target schema and mapping do not fit.',
    todo: 'Correct the schema or the mapping, run `banyan parked replay <unit>`, then resume.',
  },
  CDC_PARKED_UNKNOWN: {
    happened: 'A parked change or dead letter was named that is not there.',
    normal: 'When somebody else replayed or dropped it.',
    todo: 'Look at `banyan parked list <unit>`.',
  },
  CDC_KEYS_MOVED: {
    happened: 'A unit whose cohorts are partly at the service was started with a plan that has no ownerKey.',
    normal: 'When ownerKey was taken out of a plan before every cohort was back.',
    todo: 'Put ownerKey back, return the cohorts with `banyan cohort <unit> <name> return`, then take it out.',
  },
  CDC_KEY_UNUSABLE: {
    happened: 'A column that a plan names as owner key cannot be one. No fence was installed for it.',
    normal: 'While a plan is being written: a text of which the case does not count names one owner in two ways.',
    todo: 'Name an integer column, or one of text with a binary collation; or take ownerKey out of the plan.',
  },
  CDC_TARGET_OWNS_ROWS: {
    happened: 'A change of rows arrived for a side that owns those rows itself. Nothing was applied.',
    normal: 'Never after a finished cutover: the fence keeps the other side from writing.',
    todo: 'Find who wrote on the side that does not own the rows; see `banyan journal` for the owner.',
  },
  CDC_STREAM_TAKEN: {
    happened: 'Another process has taken this stream over. This one stopped and changed nothing.',
    normal: 'When a second process is started for the same stream.',
    todo: 'Nothing, if the other process is meant to run it.',
  },
  CDC_TABLE_UNUSABLE: {
    happened: 'A table of the unit does not exist, or has no primary key.',
    normal: 'When the schema migrations of the service have not run.',
    todo: 'Create the tables and keys the message names, then start again.',
  },
  CDC_STREAM_NOT_STREAMING: {
    happened: 'Something was asked of a stream that only a streaming one can do.',
    normal: 'While the first copy runs, or after an error stopped the stream.',
    todo: 'Wait for the copy to end, or start the stream again; see `banyan status`.',
    retriable: true,
  },
  CDC_TARGET_NOT_EMPTY: {
    happened: 'A first snapshot found rows in a table it would have to clear. Nothing was changed.',
    normal: 'When the service was tried out before, or the stream has another name than last time.',
    todo: 'Empty the tables of the unit at the target if nobody needs their rows, then start again.',
  },
  CDC_STREAM_FAILED: {
    happened: 'A stream stopped for a reason this project did not foresee.',
    normal: 'Never in a run without a fault of this project.',
    todo: 'Report it with the message; starting the stream again continues in front of the failed transaction.',
  },
  CDC_VERIFY_ABORTED: {
    happened: 'A verification ended before it had seen every row.',
    normal: 'When it was cancelled.',
    todo: 'Start it again.',
    retriable: true,
  },
});
