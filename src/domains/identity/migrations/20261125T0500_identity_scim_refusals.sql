-- A request of the directory that was refused leaves a line in the organization's log too.
alter table bss.sign_in_attempt
  drop constraint sign_in_attempt_purpose_check,
  add constraint sign_in_attempt_purpose_check check (purpose in ('sign_in', 'test', 'step_up', 'sign_out', 'token', 'passkey', 'scim'));
-- Counts those of the last hour, which are bounded: a directory repeats what was refused for days.
create index sign_in_attempt_scim on bss.sign_in_attempt (organization_id, at) where purpose = 'scim';
