/**
 * The normal distribution function in doubles, after J. F. Hart (Computer Approximations, 1968) as given by G. West, "Better
 * approximations to cumulative normal functions", Wilmott 2005: absolute error about 1e-15. Only exp, +, *, /: the same on
 * every machine with the same exp.
 */
export function normalCdf(x: number): number {
  const size = Math.abs(x)
  if (size > 37) return x > 0 ? 1 : 0
  const tail = Math.exp((-size * size) / 2) * (size < 7.071_067_811_865_475 ? near(size) : far(size))
  return x > 0 ? 1 - tail : tail
}

function near(x: number): number {
  let above = 3.526_249_659_989_11e-2 * x + 0.700_383_064_443_688
  above = above * x + 6.373_962_203_531_65
  above = above * x + 33.912_866_078_383
  above = above * x + 112.079_291_497_871
  above = above * x + 221.213_596_169_931
  above = above * x + 220.206_867_912_376
  let below = 8.838_834_764_831_84e-2 * x + 1.755_667_163_182_64
  below = below * x + 16.064_177_579_207
  below = below * x + 86.780_732_202_946_1
  below = below * x + 296.564_248_779_674
  below = below * x + 637.333_633_378_831
  below = below * x + 793.826_512_519_948
  below = below * x + 440.413_735_824_752
  return above / below
}

function far(x: number): number {
  return 1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / 2.506_628_274_631
}
