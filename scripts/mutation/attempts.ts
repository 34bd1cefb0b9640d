import { toField } from '../../src/protocol/field.ts'
import type { Control, Spread } from './forge.ts'
import { FORGERIES } from './forgeries.ts'
import type { Harness } from './templates.ts'

type Delta = (value: bigint) => bigint

/** One dishonest run of a forging program: other inputs, disturbed assignments, or both. */
export interface Attempt {
  readonly name: string
  readonly inputs: ReadonlyMap<string, bigint>
  readonly disturb: readonly { readonly control: Control; readonly delta: Delta }[]
  /** Inputs that are then set to what the forged run computed, so that what is compared with them agrees. */
  readonly follow: readonly { readonly input: string; readonly signal: string }[]
}

/** Disturbances tried on a value: off by one both ways, a flip of a bit, nought, and a limb's worth. */
const DELTAS: readonly Delta[] = [
  () => 1n,
  () => -1n,
  (value) => 1n - 2n * value,
  (value) => -value,
  () => 1n << 84n,
]
const DELTA_NAMES = ['plus 1', 'minus 1', 'flipped', 'set to 0', 'plus 2^84']
/** At most this many elements of an input array, and the last, are disturbed one by one; neighbours behave alike. */
const ELEMENTS_TRIED = 12

export function* attempts(
  harness: Harness,
  inputs: ReadonlyMap<string, bigint>,
  controls: readonly Control[],
): Generator<Attempt> {
  yield* disturbedAssignments(controls)
  yield* disturbedInputs(inputs)
  yield* knownForgeries(harness, inputs, controls)
}

function* disturbedAssignments(controls: readonly Control[]): Generator<Attempt> {
  for (const control of controls) {
    const deltas = control.spread === 'carry' ? DELTAS.slice(0, 2) : DELTAS
    for (const [which, delta] of deltas.entries()) {
      const name = `${control.statement.left} (${control.spread}) ${DELTA_NAMES[which]}`
      yield { name, inputs: new Map(), disturb: [{ control, delta }], follow: [] }
    }
  }
}

/** Inputs changed one at a time, swapped with a neighbour, or carried over to it. */
export function* disturbedInputs(inputs: ReadonlyMap<string, bigint>): Generator<Attempt> {
  const tried = new Map<string, number>()
  const sizes = new Map<string, number>()
  for (const name of inputs.keys()) {
    const array = name.replace(/\[.*/, '')
    sizes.set(array, (sizes.get(array) ?? 0) + 1)
  }
  for (const [name, value] of inputs) {
    const array = name.replace(/\[.*/, '')
    const count = (tried.get(array) ?? 0) + 1
    tried.set(array, count)
    const isLast = (sizes.get(array) ?? 0) === count
    if (count > ELEMENTS_TRIED && !isLast) continue
    for (const [which, delta] of DELTAS.entries()) {
      yield inputForgery(`input ${name} ${DELTA_NAMES[which]}`, [[name, value + delta(value)]])
    }
    const next = name.replace(/\[(\d+)\]$/, (_, index) => `[${Number(index) + 1}]`)
    const neighbour = inputs.get(next)
    if (next === name || neighbour === undefined) continue
    yield inputForgery(`inputs ${name}, ${next} swapped`, [
      [name, neighbour],
      [next, value],
    ])
    yield inputForgery(`inputs ${name}, ${next} carried`, [
      [name, value + 2n],
      [next, neighbour - 1n],
    ])
  }
}

function* knownForgeries(
  harness: Harness,
  inputs: ReadonlyMap<string, bigint>,
  controls: readonly Control[],
): Generator<Attempt> {
  for (const forgery of FORGERIES) {
    if (forgery.template !== harness.template) continue
    const changed = forgery.inputs?.(inputs)
    if (forgery.inputs !== undefined && changed === undefined) continue
    const disturb = (forgery.disturb ?? []).map(({ left, spread, delta }) => {
      const control = controls.find(({ statement, spread: has }) => statement.left === left && has === spread)
      if (control === undefined)
        throw new Error(`${forgery.template} has no assignment to ${left} (${spread})`)
      return { control, delta }
    })
    yield {
      name: forgery.name,
      inputs: new Map([...(changed ?? [])].map(([name, value]) => [name, toField(value)])),
      disturb,
      follow: forgery.follow ?? [],
    }
  }
}

function inputForgery(name: string, values: readonly (readonly [string, bigint])[]): Attempt {
  return {
    name,
    inputs: new Map(values.map(([key, value]) => [key, toField(value)])),
    disturb: [],
    follow: [],
  }
}

/** A forgery by hand, for what no single disturbance shows. Inputs: undefined when this honest run does not suit. */
export interface Forgery {
  readonly template: string
  readonly name: string
  readonly inputs?: (honest: ReadonlyMap<string, bigint>) => ReadonlyMap<string, bigint> | undefined
  readonly disturb?: readonly { readonly left: string; readonly spread: Spread; readonly delta: Delta }[]
  readonly follow?: readonly { readonly input: string; readonly signal: string }[]
}
