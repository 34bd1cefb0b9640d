import { z } from 'zod'
import { BUNDLE_FORMAT, BUNDLE_VERSION, RECORDS } from './records.ts'

/** JSON Schema of one line of a bundle; docs/bundle.schema.json is this value, and a test holds it to that. */
export function bundleJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(z.union(Object.values(RECORDS) as readonly z.ZodType[]), {
    reused: 'inline',
  })
  return {
    $schema,
    title: `One line of a ${BUNDLE_FORMAT} file, version ${BUNDLE_VERSION}`,
    description: 'docs/bundle.md has the order of the records and what each is checked against.',
    ...schema,
  }
}
