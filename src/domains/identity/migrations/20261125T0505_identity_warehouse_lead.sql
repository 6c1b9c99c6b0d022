-- A template for who runs the floor of a warehouse.
alter table bss.role_assignment drop constraint role_assignment_role_check;
alter table bss.role_assignment add constraint role_assignment_role_check
  check (role in ('tenant_admin', 'planner', 'warehouse_operator', 'warehouse_lead', 'finance', 'auditor', 'integration', 'twin_engineer'));
alter table bss.group_role_map drop constraint group_role_map_role_check;
alter table bss.group_role_map add constraint group_role_map_role_check
  check (role in ('tenant_admin', 'planner', 'warehouse_operator', 'warehouse_lead', 'finance', 'auditor', 'integration', 'twin_engineer'));
alter table bss.identity_connection drop constraint identity_connection_jit_role_check;
alter table bss.identity_connection add constraint identity_connection_jit_role_check
  check (jit_role in ('planner', 'warehouse_operator', 'warehouse_lead', 'finance', 'auditor', 'integration', 'twin_engineer'));
