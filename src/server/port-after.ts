/** The port of the proxy where nobody says another: two platforms with two ports then have four. */
export function portAfter(port: number): number {
  // A free one each; and after the last there is none.
  return port === 0 || port === 65_535 ? 0 : port + 1;
}
