import { createPage, type Page } from '../../../client/views/page.ts'

/** A page of a width, without colour, on a clock that is the same everywhere. */
export function pageOf(width = Infinity, height = Infinity): Page {
  return createPage({ width, height, timezone: 'UTC' })
}
