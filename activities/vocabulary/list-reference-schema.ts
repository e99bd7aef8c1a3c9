import { z } from 'zod'

export const listName = z.strictObject({ list: z.string().min(1).describe('The name of a list of `lists:`') })
export const listFile = z.strictObject({
  file: z.string().min(1).describe('A text file with one entry a line, or `file.csv#column`, relative to the project'),
})

/** Where a list stands in a file or under a name. */
export const listReferenceSchema = z.union([listName, listFile])
export type ListReference = z.infer<typeof listReferenceSchema>

/** Whether an operand says where its words are, rather than the words. */
export function isListReference(operand: unknown): operand is ListReference {
  return typeof operand === 'object' && operand !== null && !Array.isArray(operand) && ('list' in operand || 'file' in operand)
}

/** The lists that the operand of a check names, the `of:` of a measure included, each with its path below the check. */
export function listsIn(operand: unknown): readonly { readonly list: ListReference; readonly path: readonly string[] }[] {
  if (isListReference(operand)) return [{ list: operand, path: [] }]
  const of = measuredThing(operand)
  return isListReference(of) ? [{ list: of, path: ['of'] }] : []
}

/** The regex of `of: {matches: …}`; null for all else. */
export function measuredPattern(operand: unknown): string | null {
  const of = measuredThing(operand)
  return typeof of === 'object' && of !== null && 'matches' in of && typeof of.matches === 'string' ? of.matches : null
}

const measuredThing = (operand: unknown): unknown =>
  typeof operand === 'object' && operand !== null && 'of' in operand ? operand.of : undefined
