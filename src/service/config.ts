/** The service's configuration, from the environment: every value checked, and what is unsafe refused with the reason. */
import { z } from 'zod'
import { LOCAL_CHAIN_IDS } from '../chain/generate-verifier.ts'
import { InputError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../protocol/instances.ts'
import { parseKeys } from './keyring.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const whole = (from: number, to: number, standard: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= from && value <= to, `must be from ${from} to ${to}`)
    .default(standard)
const flag = z
  .enum(['0', '1'], 'must be 0 or 1')
  .transform((value) => value === '1')
  .default(false)
const instances = Object.keys(MARGIN_INSTANCES) as [MarginInstanceName, ...MarginInstanceName[]]

/** A local chain's. */
export const STANDARD_CHAIN_ID = 31_337

/** Every variable, what it is, and what stands for it when it is not set. docs/service.md is checked against it. */
export const VARIABLES = {
  DATABASE_URL: [
    z.url('must be an address: postgres://user:password@host/database').optional(),
    'a PostgreSQL server; without it an embedded database in TACIT_DATA',
  ],
  TACIT_DATA: [
    z.string().optional(),
    'folder of the embedded database; `build/service` of the checkout unless set',
  ],
  TACIT_HOST: [z.string().default('127.0.0.1'), 'address to listen on'],
  TACIT_PORT: [whole(0, 65_535, 8_787), 'port to listen on'],
  TACIT_PUBLIC_URL: [
    z.url('must be an address: https://host').optional(),
    'what people type: the domain of sign-in messages; the listening address unless set',
  ],
  TACIT_TLS_PROXY: [
    flag,
    '1: a proxy before the service speaks TLS; needed to listen on more than this machine',
  ],
  TACIT_PROXIES: [
    whole(0, 8, 0),
    'how many proxies add to x-forwarded-for; 1 with TACIT_TLS_PROXY unless set',
  ],
  TACIT_ENCRYPTION_KEYS: [
    z.string().optional(),
    'keys of what is private, `id:64 hex digits`, the current one first; a new one in TACIT_DATA for an embedded database on this machine',
  ],
  TACIT_CHAIN_ID: [whole(1, 999_999_999, STANDARD_CHAIN_ID), 'the chain that proofs and sign-ins are for'],
  TACIT_RPC_URL: [
    z.url('must be an address: https://node').optional(),
    'JSON-RPC of the chain to follow; needs TACIT_DEPLOYMENT. Never shown to anybody',
  ],
  TACIT_DEPLOYMENT: [z.string().optional(), 'file with the addresses of the deployed system'],
  TACIT_WALLET_RPC_URL: [
    z.url('must be an address: https://node').optional(),
    'a public JSON-RPC for wallets; TACIT_RPC_URL where that is on this machine',
  ],
  TACIT_CHAIN_POLL_MS: [whole(50, 60_000, 1_000), 'how often to look for new blocks'],
  TACIT_RPC_TIMEOUT_MS: [whole(100, 120_000, 10_000), 'how long to wait for an answer of the chain'],
  TACIT_INSTANCE: [
    z.enum(instances, `must be ${instances.join(', ')}`).default('margin-16'),
    'circuit instance',
  ],
  TACIT_KEYS: [
    z.string().optional(),
    'folder with ceremony keys of the margin circuit; development keys unless set',
  ],
  TACIT_SEAL_KEYS: [z.string().optional(), 'the same of the seal'],
  TACIT_CACHE: [z.string().optional(), 'where circuits and development keys are kept'],
  TACIT_PROVERS: [
    whole(0, 256, 0),
    'proving processes of this process; 0: none, for a service whose workers are elsewhere. Unless set: 2 for a worker and for an embedded database, else 0',
  ],
  TACIT_BACKEND: [
    z
      .enum(['auto', 'builtin', 'engine', 'wasmcurves', 'rapidsnark'], 'must be the name of a prover')
      .default('auto'),
    'prover',
  ],
  TACIT_LEASE_SECONDS: [whole(1, 3_600, 30), 'a worker that is silent for so long has lost its tasks'],
  TACIT_POLL_MS: [whole(20, 60_000, 300), 'how often to look for tasks and for progress'],
  TACIT_RATE_PER_MINUTE: [whole(1, 100_000_000, 600), 'requests a minute from one address'],
  TACIT_LARGE_BODY_MB: [whole(1, 512, 64), 'limit of a market and of a book'],
  TACIT_MAX_ACCOUNTS: [whole(1, 2_000_000, 20_000), 'accounts of a book'],
  TACIT_SESSION_MINUTES: [whole(1, 1_440, 30), 'life of a session'],
  TACIT_STREAMS: [whole(1, 10_000, 200), 'streams of progress at a time, and as many of events'],
  TACIT_STREAMS_PER_ADDRESS: [whole(1, 10_000, 20), 'streams of events to one address'],
  TACIT_LIVE: [
    z.enum(['0', '1'], 'must be 0 or 1').optional(),
    'a sample venue beside the service: 0: none, 1: refuse to start without; unless set, there is one where nothing of a real one is set',
  ],
  TACIT_LOG: [z.enum(LOG_LEVELS, `must be ${LOG_LEVELS.join(', ')}`).default('info'), 'what to log'],
} as const satisfies Record<string, readonly [z.ZodType, string]>

type Variables = { [K in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[K][0]> }

export type Environment = Readonly<Record<string, string | undefined>>

export interface ServiceConfig extends Omit<Variables, 'TACIT_PUBLIC_URL' | 'TACIT_ENCRYPTION_KEYS'> {
  /** What wallets are told: TACIT_WALLET_RPC_URL, or TACIT_RPC_URL where both are of this machine alone. */
  readonly walletRpcUrl: string | undefined
  /** Origin: scheme, host and port where there is one. Undefined: the listening address, known when it listens. */
  readonly publicUrl: URL | undefined
  /** Undefined: one is made and kept in the data folder. */
  readonly encryptionKeys: readonly (readonly [string, Uint8Array])[] | undefined
}

export type Part = 'service' | 'worker'

/** Throws InputError naming the variable and the rule, never a value that may be secret. */
export function readConfig(environment: Environment, part: Part): ServiceConfig {
  const given = readVariables(environment)
  const isEmbedded = given.DATABASE_URL === undefined
  const provers = environment.TACIT_PROVERS || (part === 'worker' || isEmbedded ? '2' : '0')
  const proxies = environment.TACIT_PROXIES || (given.TACIT_TLS_PROXY ? '1' : '0')
  const { TACIT_PUBLIC_URL, TACIT_ENCRYPTION_KEYS, ...rest } = given
  const config: ServiceConfig = {
    ...rest,
    TACIT_PROVERS: Number(provers),
    TACIT_PROXIES: Number(proxies),
    walletRpcUrl: walletRpcUrl(given),
    publicUrl: TACIT_PUBLIC_URL === undefined ? undefined : new URL(TACIT_PUBLIC_URL),
    encryptionKeys: TACIT_ENCRYPTION_KEYS === undefined ? undefined : parseKeys(TACIT_ENCRYPTION_KEYS),
  }
  if (part === 'worker') refuseWorker(config)
  else refuseExposure(config)
  refuseDatabase(config)
  refuseChain(config)
  refuseMissingKeys(config)
  return config
}

/** Of other programs of the same machine: of the command line, of tests, and of programs that use the client. */
const OF_OTHERS = ['TACIT_DEBUG', 'TACIT_BROWSER', 'TACIT_TOKEN']

/** A variable that is set to nothing is not set. A misspelt one is told: it would be ignored in silence. */
function readVariables(environment: Environment): Variables {
  const known = new Set<string>([...Object.keys(VARIABLES), ...OF_OTHERS])
  const stray = Object.keys(environment).find((name) => name.startsWith('TACIT_') && !known.has(name))
  if (stray !== undefined) refuse(stray.slice(0, 40), 'is no variable of the service: see docs/service.md')
  const entries = Object.entries(VARIABLES).map(([name, [schema]]) => {
    const parsed = schema.safeParse(environment[name] || undefined)
    if (!parsed.success) refuse(name, parsed.error.issues[0]!.message)
    return [name, parsed.data]
  })
  return Object.fromEntries(entries) as Variables
}

function refuse(field: string, rule: string): never {
  throw new InputError(rule, { field })
}

function refuseWorker({ DATABASE_URL, encryptionKeys, TACIT_PROVERS }: ServiceConfig): void {
  if (DATABASE_URL === undefined) {
    refuse('DATABASE_URL', 'must be set for a worker of its own: an embedded database belongs to one process')
  }
  if (encryptionKeys === undefined)
    refuse('TACIT_ENCRYPTION_KEYS', 'must be set: a worker opens what the service sealed')
  if (TACIT_PROVERS === 0) refuse('TACIT_PROVERS', 'must be at least 1 for a worker')
}

function refuseExposure(config: ServiceConfig): void {
  const { TACIT_HOST, TACIT_TLS_PROXY, publicUrl, encryptionKeys, DATABASE_URL } = config
  const isLocal = isLoopback(TACIT_HOST)
  if (!isLocal && !TACIT_TLS_PROXY) {
    refuse(
      'TACIT_HOST',
      `listens on more than this machine, and what is private would cross the network in the clear: put a proxy with TLS before it and set TACIT_TLS_PROXY=1`,
    )
  }
  if (!isLocal && publicUrl === undefined)
    refuse('TACIT_PUBLIC_URL', 'must be set when the service listens on more than this machine')
  if (publicUrl !== undefined && publicUrl.protocol !== 'https:' && !isLoopback(publicUrl.hostname)) {
    refuse('TACIT_PUBLIC_URL', 'must begin with https://')
  }
  if (
    publicUrl !== undefined &&
    (publicUrl.pathname !== '/' || publicUrl.search !== '' || publicUrl.username !== '')
  ) {
    refuse('TACIT_PUBLIC_URL', 'must be scheme and host alone')
  }
  if (encryptionKeys === undefined && (!isLocal || DATABASE_URL !== undefined)) {
    refuse(
      'TACIT_ENCRYPTION_KEYS',
      'must be set: a key beside the data protects nothing, and several processes need the same (openssl rand -hex 32)',
    )
  }
}

function refuseDatabase({ DATABASE_URL }: ServiceConfig): void {
  if (DATABASE_URL === undefined) return
  const url = new URL(DATABASE_URL)
  if (!/^postgres(ql)?:$/.test(url.protocol)) refuse('DATABASE_URL', 'must begin with postgres://')
  // A host among the parameters is the one that is called.
  const host = url.searchParams.getAll('host').at(-1) ?? url.hostname
  const mode = url.searchParams.getAll('sslmode').at(-1) ?? ''
  if (host.startsWith('/') || isLoopback(host)) return
  // With libpq's meanings only the strictest mode knows whom it speaks to.
  const isLoose = url.searchParams.has('uselibpqcompat') && mode !== 'verify-full'
  if (isLoose || !['require', 'verify-ca', 'verify-full'].includes(mode)) {
    refuse(
      'DATABASE_URL',
      'names another machine: add sslmode=verify-full, or rows would cross the network in the clear, or to anybody',
    )
  }
}

/** An address with a password in it is not handed on, wherever it is. */
function walletRpcUrl({ TACIT_WALLET_RPC_URL, TACIT_RPC_URL }: Variables): string | undefined {
  if (TACIT_WALLET_RPC_URL !== undefined || TACIT_RPC_URL === undefined) return TACIT_WALLET_RPC_URL
  const { hostname, username, password } = new URL(TACIT_RPC_URL)
  return isLoopback(hostname) && username === '' && password === '' ? TACIT_RPC_URL : undefined
}

function refuseChain({ TACIT_RPC_URL, TACIT_DEPLOYMENT, TACIT_WALLET_RPC_URL }: ServiceConfig): void {
  const [there, missing] =
    TACIT_RPC_URL === undefined ? [TACIT_DEPLOYMENT, 'TACIT_RPC_URL'] : [TACIT_RPC_URL, 'TACIT_DEPLOYMENT']
  if (there !== undefined && (TACIT_DEPLOYMENT === undefined || TACIT_RPC_URL === undefined))
    refuse(
      missing,
      'must be set: a chain is followed with an address to ask and the addresses of the contracts',
    )
  for (const [field, text] of Object.entries({ TACIT_RPC_URL, TACIT_WALLET_RPC_URL })) {
    if (text === undefined) continue
    const { protocol, hostname } = new URL(text)
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
      refuse(
        field,
        'must begin with https://, or anybody on the way could tell another history; http:// is for this machine',
      )
  }
  if (TACIT_WALLET_RPC_URL !== undefined) {
    const { username, password } = new URL(TACIT_WALLET_RPC_URL)
    if (username !== '' || password !== '')
      refuse('TACIT_WALLET_RPC_URL', 'is shown to everybody: it must hold no password')
  }
}

/** Without a folder there would be development keys: refused now, before minutes go into making them. */
function refuseMissingKeys({ TACIT_CHAIN_ID, TACIT_KEYS, TACIT_SEAL_KEYS }: ServiceConfig): void {
  if (LOCAL_CHAIN_IDS.includes(BigInt(TACIT_CHAIN_ID))) return
  for (const [field, folder] of Object.entries({ TACIT_KEYS, TACIT_SEAL_KEYS })) {
    if (folder === undefined)
      refuse(
        field,
        `must be set: chain ${TACIT_CHAIN_ID} is no local one, and for development keys anyone can forge proofs`,
      )
  }
}

/** Development keys prove nothing: they are for chains that are not real. Throws InputError. */
export function refuseKeys(chainId: number, kinds: Readonly<Record<string, string>>): void {
  if (LOCAL_CHAIN_IDS.includes(BigInt(chainId))) return
  for (const [circuit, kind] of Object.entries(kinds)) {
    if (kind !== 'production') {
      refuse(
        'TACIT_CHAIN_ID',
        `${chainId} is no local chain, and the keys of ${circuit} are ${kind} keys, for which anyone can forge proofs: set TACIT_KEYS and TACIT_SEAL_KEYS`,
      )
    }
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
