// What JSON.parse gives is unknown until it is looked at. `Array.isArray` alone would turn it into a list of anything.

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
