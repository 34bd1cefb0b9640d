import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ToolError } from '../../src/protocol/errors.ts'
import { type CompileRequest, compileCircuit } from '../../src/prover/compile.ts'
import { openWorkshop, TOY_SOURCES, type Workshop } from './toy.ts'

let workshop: Workshop

beforeAll(async () => {
  workshop = await openWorkshop()
})
afterAll(() => workshop.close())

async function compile(name: string, text: string, more: Partial<CompileRequest> = {}) {
  const mainFile = await workshop.source(name, text)
  return compileCircuit({ mainFile, name, cacheRoot: join(workshop.folder, 'cache'), ...more })
}

describe('compiling', () => {
  it('gives the files and the counts, by level of simplification', async () => {
    const full = await compile('product', TOY_SOURCES.product)
    const none = await compile('product', TOY_SOURCES.product, { simplification: 'O0' })
    expect(full).toMatchObject({ publicSignals: 2 })
    expect(none.constraints).toBeGreaterThan(full.constraints)
    expect(none.signals).toBeGreaterThan(full.signals)
    expect(none.r1csPath).not.toBe(full.r1csPath)
  })

  it('finds circomlib and include folders, and compiles again when an included file changes', async () => {
    const folder = join(workshop.folder, 'parts')
    await mkdir(folder)
    const part = (factor: number) =>
      writeFile(
        join(folder, 'part.circom'),
        `pragma circom 2.1.6;\nfunction factor() { return ${factor}; }\n`,
      )
    const main = `
// include "not-this.circom";
include "poseidon.circom";
/* include "nor-this.circom"; */
include "part.circom";
template Main() {
    signal input a;
    signal output b;
    component hash = Poseidon(1);
    hash.inputs[0] <== a * factor();
    b <== hash.out;
}
component main = Main();`
    await part(2)
    const first = await compile('includes', main, { includeFolders: [folder] })
    expect(await compile('includes', main, { includeFolders: [folder] })).toEqual(first)
    await part(3)
    const second = await compile('includes', main, { includeFolders: [folder] })
    expect(second.r1csHash).not.toBe(first.r1csHash)
    expect(second.constraints).toBe(first.constraints)
  })

  it("passes the compiler's own words on", async () => {
    const wrong = 'template Main() { signal output c; c <== missing; }\ncomponent main = Main();'
    const failure = compile('wrong', wrong)
    await expect(failure).rejects.toThrow(ToolError)
    await expect(failure).rejects.toThrow(/circom refuses wrong \(exit code 1\):[\s\S]*Undeclared symbol/)
    await expect(failure).rejects.not.toThrow(new RegExp(String.fromCharCode(27)))
  })

  it('names an include or a main file that does not exist', async () => {
    await expect(compile('lost', 'include "lost-part.circom";')).rejects.toThrow(
      /includes "lost-part.circom", which is in no include folder/,
    )
    await expect(compileCircuit({ mainFile: '/nonexistent.circom', name: 'none' })).rejects.toThrow(
      /nonexistent.circom does not exist/,
    )
  })
})
