/** How the lines of a chart are told apart: by dashes as well as by colours, for whoever sees no colours. */
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]]
const COLOURS = 8

export const colourName = (index: number) => `series-${(index % COLOURS) + 1}`
export const colourVariable = (index: number) => `var(--${colourName(index)})`
export const dashOf = (index: number) => DASHES[index % DASHES.length]!
