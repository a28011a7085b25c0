/** The texts of an SVG, in order. */
export function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

/** For each line of an SVG in that colour: how many points it goes through. */
export function linePointsOf(svg: string, color: string): number[] {
  return [...svg.matchAll(/d="(M[^"]*)" stroke="([^"]*)"/g)]
    .filter((match) => match[2] === color && match[1]!.includes('L'))
    .map((match) => match[1]!.match(/[ML]/g)!.length);
}
