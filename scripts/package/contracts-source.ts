/** The text of the module `tacit/contracts`: ABIs as constants, so that their types say everything, and who stands where. */
import type { Abis } from '../../src/chain/abis.ts'
import { CONTRACT_AT, VERIFIER_OF } from '../../src/chain/contract-names.ts'

const HEAD = `/** Made from the contracts by \`npm run package\`: ABIs, and the file that says where a system stands on a chain. */
import { type DeploymentFile, readDeployment, writeDeployment } from '../../../src/chain/deployment-file.ts'

export { type DeploymentFile, readDeployment, writeDeployment }
type Address = \`0x\${string}\`
`

export function contractsSource(abis: Abis): string {
  const constants = Object.entries(abis).map(
    ([name, abi]) => `export const ${constantOf(name)} = ${JSON.stringify(abi)} as const`,
  )
  const record = Object.keys(abis).map((name) => `  ${name}: ${constantOf(name)},`)
  const types = Object.keys(abis).map((name) => `  readonly ${name}: typeof ${constantOf(name)}`)
  return [
    HEAD,
    ...constants,
    '/** Every ABI by the name of its contract. */',
    `export const abis: {\n${types.join('\n')}\n} = {\n${record.join('\n')}\n}`,
    contractsOf(),
    '',
  ].join('\n')
}

function contractsOf(): string {
  const at = (place: string, name: string) => `at(deployment.${place}, ${constantOf(name)})`
  const verifiers = Object.entries(VERIFIER_OF).map(
    ([circuit, name]) => `      ${circuit}: ${at(`verifiers.${circuit}`, name)},`,
  )
  const places = Object.entries(CONTRACT_AT).map(([place, name]) => `    ${place}: ${at(place, name)},`)
  const type = (place: string, name: string) => `  readonly ${place}: ContractAt<typeof ${constantOf(name)}>`
  return `/** A contract as viem's getContract takes it; ethers' Contract takes address and abi. */
export interface ContractAt<Abi> {
  readonly address: Address
  readonly abi: Abi
}
const at = <Abi>(address: string, abi: Abi): ContractAt<Abi> => ({ address: address as Address, abi })

export interface Contracts {
${Object.entries(CONTRACT_AT)
  .map(([place, name]) => type(place, name))
  .join('\n')}
  readonly verifiers: {
${Object.entries(VERIFIER_OF)
  .map(([circuit, name]) => `  ${type(circuit, name)}`)
  .join('\n')}
  }
}

/** Address and ABI of each contract of a deployment. */
export function contractsOf({ deployment }: Pick<DeploymentFile, 'deployment'>): Contracts {
  return {
${places.join('\n')}
    verifiers: {
${verifiers.join('\n')}
    },
  }
}`
}

/** RiskOracle -> riskOracleAbi, IMarginVerifier -> iMarginVerifierAbi. */
function constantOf(name: string): string {
  return `${name[0]!.toLowerCase()}${name.slice(1)}Abi`
}
