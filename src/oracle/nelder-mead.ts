/**
 * Nelder-Mead with the standard coefficients (J. Nelder & R. Mead, Computer Journal 7, 1965; J. Lagarias et al., SIAM Journal
 * on Optimization 9, 1998): no derivatives, no randomness, the same steps on the same inputs. Infinity is allowed as a value:
 * such a point is never kept.
 * @param start n numbers. @param step size of the first simplex, along each axis.
 * @returns the best point found within maxIterations, or when the values of the simplex agree to `tolerance`, relatively.
 */
export function nelderMead(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  step: number,
  maxIterations: number,
  tolerance = 1e-10,
): { readonly point: readonly number[]; readonly value: number } {
  const simplex = [start, ...start.map((_, axis) => start.map((x, i) => (i === axis ? x + step : x)))].map(
    (point) => ({ point, value: objective(point) }),
  )
  const at = (centre: readonly number[], worst: readonly number[], by: number) => {
    const point = centre.map((x, i) => x + by * (x - worst[i]!))
    return { point, value: objective(point) }
  }
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    // A stable sort: equal values keep their places.
    simplex.sort((p, q) => p.value - q.value)
    const best = simplex[0]!
    const worst = simplex.at(-1)!
    if (worst.value - best.value <= tolerance * (Math.abs(best.value) + tolerance)) break
    const kept = simplex.slice(0, -1)
    const centre = start.map((_, i) => kept.reduce((sum, { point }) => sum + point[i]!, 0) / kept.length)
    const reflected = at(centre, worst.point, 1)
    let next = reflected
    if (reflected.value < best.value) {
      const expanded = at(centre, worst.point, 2)
      if (expanded.value < reflected.value) next = expanded
    } else if (reflected.value >= kept.at(-1)!.value) {
      next = at(centre, worst.point, reflected.value < worst.value ? 0.5 : -0.5)
    }
    if (
      next.value < Math.min(worst.value, reflected.value) ||
      (next === reflected && reflected.value < kept.at(-1)!.value)
    ) {
      simplex[simplex.length - 1] = next
      continue
    }
    for (let i = 1; i < simplex.length; i++) {
      const point = simplex[i]!.point.map((x, axis) => best.point[axis]! + 0.5 * (x - best.point[axis]!))
      simplex[i] = { point, value: objective(point) }
    }
  }
  const [best] = simplex.sort((p, q) => p.value - q.value)
  return best!
}
