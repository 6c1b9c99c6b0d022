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
    'bss.session': 'A session is looked up by its digest, before its organization is known.',
    'bss.session_use': 'The use of a session is noted while it is looked up.',
    'bss.user_account': 'Read together with a session, before its organization is known.',
    'bss.role': 'Read together with a key or session, before its organization is known.',
    'bss.audit_entry': 'The worker asks which organizations have entries to tie on; and the personal part of an entry is erased by a function that can do nothing else.',
    'bss.audit_head': 'The worker asks which organizations have entries to tie on; it is told their ids and nothing else.',
    'bss.audit_link': 'Only an entry that is tied on may be erased.',
    'bss.audit_stream': 'The worker asks which organizations have something to send; it is told their ids and nothing else.',
    'bss.identity_connection': 'An identity provider answers at an address that names its connection, before the organization is known.',
  }),
  ...each('key-unique', {
    'bss.api_key_digest': 'A key is looked up before its organization is known. To probe it one needs the digest of a secret of 256 bits.',
    'bss.session_digest': 'A session is looked up before its organization is known. To probe it one needs the digest of a secret of 256 bits.',
  }),
  ...each('reference-missing', {
    'bss.audit_entry.actor_id': 'Actors include the service itself and operators of the platform, and the trail outlives them all.',
    'bss.login_transaction.user_id': 'Written before anybody is signed in, kept for minutes.',
    'bss.login_transaction.session_id': 'Written before anybody is signed in, kept for minutes.',
    'bss.outbox_event.actor_id': 'Actors include the service itself and operators of the platform.',
    'bss.outbox_event.aggregate_id': 'The aggregate is of the type in aggregate_type; each room has its own table.',
    'bss.stock_move.document_id': 'A move is caused by documents of several rooms, some of higher rank.',
    'bss.stock_move.document_line_id': 'A move is caused by documents of several rooms, some of higher rank.',
    'bss.sales_order_event.actor_id': 'Actors include the service itself; the timeline outlives its actors.',
  }),
  ...each('definer-listed', {
    'sec.org()': 'Checks the seal of the context with a key that nobody else can read.',
    'sec.organizations_with_events(integer)': 'Tells the worker ids of organizations with work, and nothing of the work.',
    'sec.organizations_to_chain(integer)': 'Tells the worker ids of organizations with audit entries to tie on, and nothing of the entries.',
    'sec.organizations_to_stream(integer)': 'Tells the worker ids of organizations with audit entries to send, and nothing of the entries.',
    'sec.erase_audit_entry(uuid)': 'Empties the personal part of one entry of the organization of the sealed context, and nothing else.',
    'sec.organizations_to_tend(uuid,integer)': 'Tells the worker ids of active organizations, and nothing else of them.',
    'sec.find_credential(bytea)': 'Answers only to the holder of a key or session, from its digest.',
    'sec.roles_of(uuid,uuid,uuid)': 'Roles of a holder, for the look-up of a credential; only the gateway may call it.',
    'sec.note_credential_use(bytea)': 'Writes the time of the last use of the key or session whose digest is given.',
    'sec.session_changed()': 'Trigger: announces the very session that its own organization changed.',
    'sec.user_changed()': 'Trigger: announces the sessions of the very person that its own organization changed.',
    'sec.assignment_changed()': 'Trigger: announces the credentials of the very holder whose roles its own organization changed.',
    'sec.role_changed()': 'Trigger: announces the credentials of the holders of the very role that its own organization changed.',
    'sec.claim_domain(text)': 'Takes a domain for the organization of the sealed context.',
    'sec.release_domain(text)': 'Gives up a domain of the organization of the sealed context.',
    'sec.home_of_domain(text)': 'Sign-in begins before the organization is known; the id opens nothing, and strangers are shown no difference.',
    'sec.home_of_connection(uuid)': 'An identity provider answers at an address that names its connection; the id opens nothing.',
    'sec.home_of_slug(text)': 'Sign-in may begin at the address of an organization; the id opens nothing.',
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
