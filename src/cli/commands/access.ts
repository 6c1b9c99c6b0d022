// Organizations, service accounts, their keys, and the record of what was done.
import { auditApi } from '../../domains/audit/contract.ts'
import { identityApi } from '../../domains/identity/contract.ts'
import { tenancyApi } from '../../domains/tenancy/contract.ts'
import { command, type Noun } from '../command.ts'

const ACCOUNT = '01890a5d-ac96-774b-bcce-b302099a8057'

export const organizations: Noun = {
  noun: 'organizations',
  summary: 'the organizations of this instance (operator) and one\'s own',
  commands: [
    command(tenancyApi, 'list', 'listOrganizations', { columns: ['slug', 'name', 'status', 'plan', 'region', 'id'], examples: [{ line: 'organizations list --status active', says: 'Who works here' }] }),
    command(tenancyApi, 'get', 'getOrganization', { examples: [{ line: 'organizations get acme', says: 'One organization with its limits' }] }),
    command(tenancyApi, 'create', 'createOrganization', { examples: [{ line: 'organizations create --slug acme --name "Acme Logistics" --region eu', says: 'A new organization; its first key is shown once' }] }),
    command(tenancyApi, 'suspend', 'suspendOrganization', { examples: [{ line: 'organizations suspend acme --reason "Invoice overdue"', says: 'Nobody of it can work from now on' }] }),
    command(tenancyApi, 'resume', 'resumeOrganization', { examples: [{ line: 'organizations resume acme --reason Paid', says: 'Let it work again' }] }),
    command(tenancyApi, 'offboard', 'offboardOrganization', { examples: [{ line: 'organizations offboard acme --reason "Contract ended"', says: 'Begin to close a suspended organization' }] }),
    command(tenancyApi, 'set-limits', 'setOrganizationLimits', {
      examples: [{ line: 'organizations set-limits acme --requests-per-second 200 --burst 400 --concurrent-requests 100 --rows-per-export 1000000', says: 'What it may use' }],
    }),
    command(tenancyApi, 'mine', 'getMyOrganization', { examples: [{ line: 'organizations mine', says: 'The organization of the key' }] }),
    command(tenancyApi, 'my-limits', 'getMyLimits', { examples: [{ line: 'organizations my-limits', says: 'What the organization of the key may use' }] }),
  ],
}

export const accounts: Noun = {
  noun: 'accounts',
  summary: 'service accounts: who works through the API, and in which role',
  commands: [
    command(identityApi, 'list', 'listServiceAccounts', { columns: ['name', 'role', 'status', 'createdAt', 'id'], examples: [{ line: 'accounts list', says: 'Everybody who may come in' }] }),
    command(identityApi, 'get', 'getServiceAccount', { examples: [{ line: `accounts get ${ACCOUNT}`, says: 'One account' }] }),
    command(identityApi, 'create', 'createServiceAccount', { examples: [{ line: 'accounts create --name "Order import" --with-role integration', says: 'An account for a nightly import' }] }),
    command(identityApi, 'assign-role', 'assignRole', { examples: [{ line: `accounts assign-role ${ACCOUNT} --with-role planner`, says: 'Another role' }] }),
    command(identityApi, 'deactivate', 'deactivateServiceAccount', { examples: [{ line: `accounts deactivate ${ACCOUNT}`, says: 'End it and all its keys' }] }),
    command(identityApi, 'roles', 'listRoles', { columns: ['key', 'title', 'fieldClasses'], examples: [{ line: 'accounts roles --json', says: 'The roles with their permissions' }] }),
  ],
}

export const keys: Noun = {
  noun: 'keys',
  summary: 'API keys',
  commands: [
    command(identityApi, 'list', 'listKeys', { columns: ['prefix', 'name', 'serviceAccountName', 'status', 'expiresAt', 'lastUsedAt', 'id'], examples: [{ line: 'keys list --status live', says: 'Keys that work' }] }),
    command(identityApi, 'get', 'getKey', { examples: [{ line: `keys get ${ACCOUNT}`, says: 'One key, without its secret' }] }),
    command(identityApi, 'create', 'createKey', {
      examples: [{ line: `keys create --service-account-id ${ACCOUNT} --name "Order import, 2026" --scopes orders:read --scopes orders:write`, says: 'A key that may do less than its account; its secret is shown once' }],
    }),
    command(identityApi, 'rotate', 'rotateKey', { examples: [{ line: `keys rotate ${ACCOUNT} --overlap-minutes 60`, says: 'A new key; the old one works for an hour more' }] }),
    command(identityApi, 'revoke', 'revokeKey', { examples: [{ line: `keys revoke ${ACCOUNT}`, says: 'End a key at once' }] }),
  ],
}

export const audit: Noun = {
  noun: 'audit',
  summary: 'who did what, and when',
  commands: [
    command(auditApi, 'list', 'listAuditEntries', { columns: ['at', 'actor.name', 'operation', 'requestId'], examples: [{ line: 'audit list --limit 20', says: 'The latest changes' }, { line: 'audit list --entity api_key --json', says: 'What happened to keys, with the change itself' }] }),
    command(auditApi, 'get', 'getAuditEntry', { examples: [{ line: `audit get ${ACCOUNT} --json`, says: 'One entry' }] }),
    command(auditApi, 'head', 'getAuditChain', { examples: [{ line: 'audit head', says: 'How long the chain is, and the hash to keep somewhere else' }] }),
    command(auditApi, 'erase', 'eraseAuditEntries', { examples: [{ line: `audit erase --actor-id ${ACCOUNT} --reason "Request of the person, 2026-17"`, says: 'Erase names and values of what one actor did; the chain holds' }] }),
    command(auditApi, 'streams', 'listAuditStreams', { columns: ['name', 'status', 'position', 'failures', 'lastError', 'id'], examples: [{ line: 'audit streams', says: 'Where the trail is sent, and how far each receiver is' }] }),
    command(auditApi, 'stream-to', 'createAuditStream', { examples: [{ line: 'audit stream-to --name SIEM --with-url https://siem.example.com/collect', says: 'Send the trail on; the secret that checks its signatures is shown once' }] }),
    command(auditApi, 'pause-stream', 'pauseAuditStream', { examples: [{ line: `audit pause-stream ${ACCOUNT}`, says: 'Send nothing for now' }] }),
    command(auditApi, 'resume-stream', 'resumeAuditStream', { examples: [{ line: `audit resume-stream ${ACCOUNT}`, says: 'Go on where it was left' }] }),
    command(auditApi, 'end-stream', 'deleteAuditStream', { examples: [{ line: `audit end-stream ${ACCOUNT}`, says: 'Forget the receiver' }] }),
  ],
}
