/** Logarithm of the beta function, for positive arguments; exact to about 1e-7 up to ten million. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series, after moving the argument to where it holds. */
export function logGamma(x: number): number {
  let [at, shift] = [x, 0];
  while (at < 12) {
    shift -= Math.log(at);
    at += 1;
  }
  const square = 1 / (at * at);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / at;
  return shift + (at - 0.5) * Math.log(at) - at + HALF_LOG_TAU + series;
}

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
