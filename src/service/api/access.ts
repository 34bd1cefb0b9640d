/**
 * Who may do what: one table. Routes are made from it, the table in docs/service.md is checked against it, and a test tries
 * every role on every line.
 */
import type { Role } from '../auth/principal.ts'

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With parameters as :name. */
  readonly path: string
  /** Whoever has one of them may. "public" means everybody. */
  readonly roles: readonly Role[]
  readonly summary: string
}

const PUBLIC = ['public'] as const
const VENUE = ['venue'] as const
const OPERATOR = ['operator'] as const

export const ENDPOINTS = {
  health: { method: 'GET', path: '/health', roles: PUBLIC, summary: 'the process answers' },
  ready: { method: 'GET', path: '/ready', roles: PUBLIC, summary: 'database and queue answer' },
  metrics: { method: 'GET', path: '/metrics', roles: OPERATOR, summary: 'measurements for Prometheus' },
  openapi: { method: 'GET', path: '/openapi.json', roles: PUBLIC, summary: 'this interface, as OpenAPI 3.1' },

  console: { method: 'GET', path: '/', roles: PUBLIC, summary: 'the console: a page for people' },
  consoleFile: { method: 'GET', path: '/console/:file', roles: PUBLIC, summary: 'a file of the console' },

  challenge: {
    method: 'POST',
    path: '/v1/sign-in/challenge',
    roles: PUBLIC,
    summary: 'what to sign to sign in',
  },
  signIn: {
    method: 'POST',
    path: '/v1/sign-in',
    roles: PUBLIC,
    summary: 'a session for a signed message (EIP-4361)',
  },
  signOut: { method: 'DELETE', path: '/v1/session', roles: ['owner'], summary: 'ends the session' },

  listKeys: {
    method: 'GET',
    path: '/v1/keys',
    roles: PUBLIC,
    summary: 'verifying keys, with hashes and how they were made',
  },
  readKey: { method: 'GET', path: '/v1/keys/:circuit', roles: PUBLIC, summary: 'one verifying key' },

  listRounds: { method: 'GET', path: '/v1/rounds', roles: PUBLIC, summary: 'the newest rounds' },
  readRound: { method: 'GET', path: '/v1/rounds/:riskRoot', roles: PUBLIC, summary: 'a round' },
  readMarket: {
    method: 'GET',
    path: '/v1/rounds/:riskRoot/market',
    roles: PUBLIC,
    summary: "a round's market and configuration: all that its root is made of",
  },
  addRound: {
    method: 'POST',
    path: '/v1/rounds',
    roles: ['feeder', 'venue'],
    summary: 'prices a market: matrix and root',
  },

  listBooks: {
    method: 'GET',
    path: '/v1/books',
    roles: PUBLIC,
    summary: 'the newest books: roots and counts',
  },
  readBook: { method: 'GET', path: '/v1/books/:bookRoot', roles: PUBLIC, summary: 'a book: root and count' },
  readLeaves: {
    method: 'GET',
    path: '/v1/books/:bookRoot/leaves',
    roles: PUBLIC,
    summary: 'leaf commitments of a book',
  },
  readReceipts: {
    method: 'GET',
    path: '/v1/books/:bookRoot/receipts',
    roles: ['owner'],
    summary: "the openings of the caller's own accounts, with their paths",
  },
  addBook: {
    method: 'POST',
    path: '/v1/books',
    roles: VENUE,
    summary: 'takes a book and seals its openings',
  },

  addAttestation: {
    method: 'POST',
    path: '/v1/attestations',
    roles: VENUE,
    summary: 'asks for a proof that an account is covered',
  },
  addTrigger: {
    method: 'POST',
    path: '/v1/triggers',
    roles: VENUE,
    summary: 'asks for a proof that an account is below a threshold',
  },
  addSolvency: {
    method: 'POST',
    path: '/v1/solvency',
    roles: VENUE,
    summary: 'asks for the seal of a whole book',
  },
  listJobs: { method: 'GET', path: '/v1/jobs', roles: VENUE, summary: 'the newest jobs' },
  readJob: {
    method: 'GET',
    path: '/v1/jobs/:id',
    roles: VENUE,
    summary: 'a job: status, progress, and why it failed',
  },
  followJob: {
    method: 'GET',
    path: '/v1/jobs/:id/events',
    roles: VENUE,
    summary: 'progress of a job as server-sent events',
  },
  cancelJob: { method: 'POST', path: '/v1/jobs/:id/cancel', roles: VENUE, summary: 'stops a job' },

  listProofs: {
    method: 'GET',
    path: '/v1/proofs',
    roles: PUBLIC,
    summary: 'published attestations and triggers; a venue sees its unpublished ones too',
  },
  readProof: { method: 'GET', path: '/v1/proofs/:id', roles: PUBLIC, summary: 'a proof file (tacit verify)' },
  listEpochs: {
    method: 'GET',
    path: '/v1/epochs',
    roles: PUBLIC,
    summary: 'published seals; a venue sees its unpublished ones too',
  },
  readEpoch: {
    method: 'GET',
    path: '/v1/epochs/:id',
    roles: PUBLIC,
    summary: 'a seal: public signals and proof',
  },
  readBundle: {
    method: 'GET',
    path: '/v1/epochs/:id/bundle',
    roles: PUBLIC,
    summary: 'the bundle of an epoch (tacit verify)',
  },

  readDeployment: {
    method: 'GET',
    path: '/v1/deployment',
    roles: PUBLIC,
    summary: 'which contracts on which chain, the keys of its verifiers, and the clocks of the engine',
  },
  readAbi: {
    method: 'GET',
    path: '/v1/deployment/abi/:contract',
    roles: PUBLIC,
    summary: 'address and ABI of a contract',
  },
  readOverview: {
    method: 'GET',
    path: '/v1/overview',
    roles: PUBLIC,
    summary: 'head, round, seals, funds, cases and jobs as they stand',
  },
  listOracleRounds: {
    method: 'GET',
    path: '/v1/oracle/rounds',
    roles: PUBLIC,
    summary: 'rounds on the chain, newest first',
  },
  readOracleRound: {
    method: 'GET',
    path: '/v1/oracle/rounds/:sequence',
    roles: PUBLIC,
    summary: 'a round on the chain',
  },
  listAuctions: {
    method: 'GET',
    path: '/v1/auctions',
    roles: PUBLIC,
    summary: 'lots on sale, and those awarded and not settled yet',
  },
  followEvents: {
    method: 'GET',
    path: '/v1/events',
    roles: PUBLIC,
    summary: 'what happens on the chain, and counts of jobs, as server-sent events',
  },

  listCases: { method: 'GET', path: '/v1/cases', roles: PUBLIC, summary: 'liquidation cases, newest first' },
  readCase: { method: 'GET', path: '/v1/cases/:caseId', roles: PUBLIC, summary: 'a case with its timeline' },
  writeCase: {
    method: 'PUT',
    path: '/v1/cases/:caseId',
    roles: VENUE,
    summary: 'what the chain says of a case',
  },
  writePackage: {
    method: 'PUT',
    path: '/v1/cases/:caseId/packages/:liquidator',
    roles: VENUE,
    summary: "a lot, encrypted to one liquidator's key",
  },
  readPackages: {
    method: 'GET',
    path: '/v1/cases/:caseId/packages',
    roles: ['liquidator'],
    summary: "the caller's own packages of a case",
  },

  listLiquidators: {
    method: 'GET',
    path: '/v1/liquidators',
    roles: OPERATOR,
    summary: 'addresses that may read packages',
  },
  addLiquidator: {
    method: 'PUT',
    path: '/v1/liquidators/:address',
    roles: OPERATOR,
    summary: 'lists an address',
  },
  removeLiquidator: {
    method: 'DELETE',
    path: '/v1/liquidators/:address',
    roles: OPERATOR,
    summary: 'takes an address off the list',
  },
  listApiKeys: {
    method: 'GET',
    path: '/v1/api-keys',
    roles: OPERATOR,
    summary: 'API keys, without their secrets',
  },
  addApiKey: {
    method: 'POST',
    path: '/v1/api-keys',
    roles: OPERATOR,
    summary: 'makes an API key and shows it once',
  },
  revokeApiKey: {
    method: 'DELETE',
    path: '/v1/api-keys/:id',
    roles: OPERATOR,
    summary: 'revokes an API key',
  },
  crashSample: {
    method: 'POST',
    path: '/v1/sample/crash',
    roles: OPERATOR,
    summary: "the sample venue's market crashes with its next round; refused where none runs",
  },
} as const satisfies Record<string, Endpoint>

export type EndpointId = keyof typeof ENDPOINTS

/** The table as Markdown: docs/service.md holds the same. */
export function accessTable(): string {
  const lines = Object.values<Endpoint>(ENDPOINTS).map(
    ({ method, path, roles, summary }) => `| \`${method} ${path}\` | ${roles.join(', ')} | ${summary} |`,
  )
  return ['| endpoint | who | what |', '|---|---|---|', ...lines].join('\n')
}
