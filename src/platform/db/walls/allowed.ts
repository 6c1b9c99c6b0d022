// What the rules of the catalogue let pass, each with its reason. test/walls/catalogue.test.ts counts the entries: the number may
// only fall, and an entry that nothing needs any more is an error.

export interface Allowed {
  readonly rule: string
  readonly object: string
  readonly reason: string
}

const each = (rule: string, objects: Readonly<Record<string, string>>): Allowed[] => Object.entries(objects).map(([object, reason]) => ({ rule, object, reason }))

export const ALLOWED: readonly Allowed[] = [
  ...each('table-gateway-policy', {
    'bss.outbox_event': 'The worker asks which organizations have events due; it is told their ids and nothing else.',
    'bss.organization': 'The life cycle of an organization is moved by the platform, not by its members.',
    'bss.organization_limit': 'Limits are set by the platform and read together with a key, before its organization is known.',
    'bss.service_account': 'Read together with a key, before its organization is known.',
    'bss.role_assignment': 'Read together with a key, before its organization is known.',
    'bss.api_key': 'A key is looked up by its digest, before its organization is known.',
    'bss.api_key_use': 'The use of a key is noted while it is looked up.',
  }),
  ...each('key-unique', {
    'bss.api_key_digest': 'A key is looked up before its organization is known. To probe it one needs the digest of a secret of 256 bits.',
  }),
  ...each('reference-missing', {
    'bss.audit_entry.actor_id': 'Actors include the service itself and operators of the platform, and the trail outlives them all.',
    'bss.outbox_event.actor_id': 'Actors include the service itself and operators of the platform.',
    'bss.outbox_event.aggregate_id': 'The aggregate is of the type in aggregate_type; each room has its own table.',
    'bss.stock_move.document_id': 'A move is caused by documents of several rooms, some of higher rank.',
    'bss.stock_move.document_line_id': 'A move is caused by documents of several rooms, some of higher rank.',
    'bss.sales_order_event.actor_id': 'Actors include the service itself; the timeline outlives its actors.',
  }),
  ...each('definer-listed', {
    'sec.org()': 'Checks the seal of the context with a key that nobody else can read.',
    'sec.organizations_with_events(integer)': 'Tells the worker ids of organizations with work, and nothing of the work.',
    'sec.organizations_to_tend(uuid,integer)': 'Tells the worker ids of active organizations, and nothing else of them.',
    'sec.find_key(bytea)': 'Answers only to the holder of a key, from its digest.',
    'sec.note_key_use(bytea)': 'Writes the time of the last use of the key whose digest is given.',
    'sec.announce_revocation(uuid[])': 'Tells other processes which credentials to forget; only the gateway may call it.',
    'sec.revocations_since(text)': 'Ids of credentials to forget; ids of credentials open nothing.',
    'sec.api_key_changed()': 'Trigger: announces the revocation of the very row that its own organization changed.',
    'sec.account_changed()': 'Trigger: announces the keys of the very row that its own organization changed.',
    'platform.note(platform.operator,text,uuid,jsonb)': 'Writes the trail of the platform.',
    'platform.list_organizations(text,text,integer)': 'The operator sees organizations, never their data.',
    'platform.get_organization(uuid)': 'The operator sees organizations, never their data.',
    'platform.create_organization(uuid,text,text,uuid,text,text,text,text)': 'Creating an organization is an operation of the platform.',
    'platform.activate_organization(uuid,text,text,uuid,uuid)': 'Second step of the creation.',
    'platform.allow_another_first_key(uuid,text,text,uuid)': 'A first key that was lost on its way can be replaced until somebody has come in.',
    'platform.move_organization(uuid,text,text,uuid,text,text)': 'Suspends, resumes and offboards, and raises the fence.',
    'platform.set_organization_limits(uuid,text,text,uuid,integer,integer,integer,integer)': 'Limits are set by the platform.',
    'platform.create_operator_key(uuid,uuid,text,text,bytea,text[],integer)': 'Keys of operators belong to no organization.',
    'platform.revoke_operator_key(text)': 'Keys of operators belong to no organization.',
  }),
]
