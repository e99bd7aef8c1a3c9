import type { $ZodType, $ZodTypes } from 'zod/v4/core'

type Path = readonly PropertyKey[]

/** Every key that a schema knows for the mapping at the path, over all forms that the mapping may have. */
export function keysAt(schema: $ZodType, path: Path): string[] {
  let forms = formsOf(schema)
  for (const step of path) forms = forms.flatMap((form) => below(form, step))
  return [...new Set(forms.flatMap((form) => (form._zod.def.type === 'object' ? Object.keys(form._zod.def.shape) : [])))]
}

function below(form: $ZodTypes, step: PropertyKey): $ZodTypes[] {
  const { def } = form._zod
  if (def.type === 'object') {
    const child = typeof step === 'string' && Object.hasOwn(def.shape, step) ? def.shape[step] : def.catchall
    return child === undefined ? [] : formsOf(child)
  }
  if (def.type === 'array') return formsOf(def.element)
  if (def.type === 'record' || def.type === 'map') return formsOf(def.valueType)
  if (def.type === 'tuple') return [...def.items, ...(def.rest ? [def.rest] : [])].flatMap(formsOf)
  return []
}

/** What a schema is once wrappers (optional, default, lazy, pipe, …) are taken off; a union is several forms. */
function formsOf(schema: $ZodType): $ZodTypes[] {
  const form = schema as $ZodTypes
  const { def } = form._zod
  if (def.type === 'union') return def.options.flatMap(formsOf)
  if (def.type === 'intersection') return [...formsOf(def.left), ...formsOf(def.right)]
  if (def.type === 'pipe') return [...formsOf(def.in), ...formsOf(def.out)]
  if (def.type === 'lazy') return formsOf(def.getter())
  if ('innerType' in def) return formsOf(def.innerType)
  return [form]
}
