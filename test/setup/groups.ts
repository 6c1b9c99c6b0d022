/** The groups of `npm test`, in the order in which they run: cheap and telling first. A file belongs to the first group that claims it. */
const GROUPS = [
  { name: 'tidy', files: /^test\/tidy/ },
  { name: 'corpus', files: /^test\/any-corpus/ },
  { name: 'goldens', files: /^test\/golden/ },
  { name: 'unit', files: /^src\/(kernel|platform)\/|\/rules\.test\.ts$/ },
  { name: 'rooms', files: /^src\/domains\// },
  { name: 'walls', files: /^test\/.*wall/ },
  { name: 'matrix', files: /^test\/.*matrix/ },
  { name: 'migrations', files: /^test\/.*migration/ },
  { name: 'app', files: /^src\/(app|cli|web)\// },
  // Those that wait much come before those that work much, and the long ones before the short: at the end no core is left with nothing to do.
  { name: 'crash', files: /^test\/(crash\/|external-database)/ },
  { name: 'browser', files: /^test\/e2e\// },
  { name: 'warehouse', files: /^test\/warehouse\// },
  { name: 'bad-input', files: /^test\/bad-input\// },
  { name: 'other', files: /^/ },
] as const

export type GroupName = (typeof GROUPS)[number]['name']

/** The groups that look at the code and the goldens without exercising the product: what `npm run check` runs. */
export const CHECK_GROUPS: readonly GroupName[] = ['tidy', 'corpus', 'goldens']

export function groupOf(file: string): GroupName {
  return GROUPS.find((group) => group.files.test(file))?.name ?? 'other'
}

export function groupNamed(word: string): GroupName | undefined {
  return GROUPS.find((group) => group.name === word)?.name
}

export function groupOrder(name: GroupName): number {
  return GROUPS.findIndex((group) => group.name === name)
}
