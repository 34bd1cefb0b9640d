import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runSolc } from '../../src/chain/compiler/compiler.ts'

/** Every way through the compiler that throws within it: code that it gives up to optimise, and what it refuses. */
const SOURCES = {
  'good.sol': `pragma solidity 0.8.37;
contract Good {
  mapping(uint256 => uint256[]) held;
  error Refused(uint256 place);
  function put(uint256 place, uint256[] calldata values) external returns (uint256 sum) {
    for (uint256 i; i < values.length; i++) { held[place].push(values[i]); sum += values[i]; }
    if (sum == 0) revert Refused(place);
    try this.put(place + 1, values[1:]) returns (uint256 more) { sum += more; } catch {}
  }
}`,
  'untyped.sol': 'pragma solidity 0.8.37; contract Untyped { uint256 value = "text"; }',
  'unparsed.sol': 'contract {',
  'lost.sol': 'import "nowhere.sol";',
}

const inputs = Object.entries(SOURCES).map(([name, content]) =>
  JSON.stringify({
    language: 'Solidity',
    sources: { [name]: { content } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      viaIR: true,
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }),
)

const require = createRequire(import.meta.url)
const run = promisify(execFile)

it('compiles as the compiler of npm does by itself', async () => {
  const program = `const { compile } = require(${JSON.stringify(require.resolve('solc'))})
    console.log(JSON.stringify(${JSON.stringify(inputs)}.map((input) => JSON.parse(compile(input)))))`
  const [plain, ...ours] = await Promise.all([
    run(process.execPath, ['-e', program], { maxBuffer: 2 ** 24 }),
    ...inputs.map(runSolc),
  ])
  expect(ours).toEqual(JSON.parse(plain.stdout))
  const faults = ours.map(({ errors = [] }) => errors.filter(({ severity }) => severity === 'error').length)
  expect(faults).toEqual([0, 1, 1, 1])
})

it('compiles with the faster calls', async () => {
  // An update of the compiler may bring a file that they do not fit.
  const path = require.resolve('../../src/chain/compiler/solc.cjs')
  const program = `console.log(require(${JSON.stringify(path)}).load().faster)`
  const { stdout } = await run(process.execPath, ['-e', program])
  expect(stdout).toBe('true\n')
})
