import { type Artifacts, compile } from '../../src/chain/build.ts'
import { type Sources, withImports } from '../../src/chain/sources.ts'

/**
 * The contracts of these sources, by name. What they import is read and not compiled: most of the project stands behind
 * some of them. Not optimised unless told, since compiling takes a fifth of the time then.
 */
export function testContracts(own: Sources, options = { unoptimised: true }): Promise<Artifacts> {
  return compile(withImports(own), { ...options, contractsOf: Object.keys(own) })
}
