import { median } from "./measure.ts";
import { generator } from "./random.ts";

/** One contestant's time in one round, in microseconds for each step. */
export interface Turn {
  readonly round: number;
  readonly us: number;
}

/** How many times longer a peer takes than we do. */
export interface Ratio {
  readonly peer: string;
  /** The median over the rounds in which both took turns: a round's turns follow one another, so that both meet the same machine. */
  readonly value: number;
  /** The standard error of its logarithm: 0.02 is ±2%. It says nothing about the value. */
  readonly uncertainty: number;
  readonly rounds: number;
}

export interface Comparison {
  readonly ours: string;
  /** Of several, the fastest counts. */
  readonly peers: readonly string[];
}

/** What a row is judged by. One sample at a time, the peer to beat is the inference engine. */
export const comparisonsOf = (row: string): readonly [rival: Comparison, jax: Comparison, scripts: Comparison] => [
  { ours: "gradsmith native", peers: [row.startsWith("W7") ? "onnxruntime" : "PyTorch"] },
  { ours: "gradsmith native", peers: ["JAX"] },
  { ours: "gradsmith wasm", peers: ["jax-js", "tfjs"] },
];

/** Rounds are added while a ratio's uncertainty is above `bound`, until they have taken `seconds` for a row. The ratio itself decides nothing. */
export const addedRounds = { bound: 0.03, seconds: 3 };

const resamplings = 400;

/**
 * The ratio, and how much it would differ in another run: rounds are drawn from these again and again, with repetition (Efron's bootstrap). The
 * same turns give the same answer. Of a machine that is 1.4 times slower for seconds at a time, as ours was, the ratio of the medians says much
 * less: in simulated runs of eight rounds it was off by 7%, the median of the ratios by 3%.
 */
export function ratioOf({ ours, peers }: Comparison, turnsOf: (contestant: string) => readonly Turn[]): Ratio | undefined {
  const [fastest] = peers
    .map((peer) => ({ peer, turns: turnsOf(peer) }))
    .filter(({ turns }) => turns.length > 0)
    .sort((a, b) => median(a.turns.map(({ us }) => us)) - median(b.turns.map(({ us }) => us)));
  const ratios = turnsOf(ours).flatMap(({ round, us }) => {
    const other = fastest?.turns.find((turn) => turn.round === round);
    return other === undefined ? [] : [other.us / us];
  });
  if (fastest === undefined || ratios.length === 0) return undefined;
  const next = generator(1);
  const drawn = Array.from({ length: resamplings }, () => Math.log(median(ratios.map(() => ratios[Math.floor(next() * ratios.length)]!))));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / resamplings;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (resamplings - 1);
  return { peer: fastest.peer, value: median(ratios), uncertainty: Math.sqrt(variance), rounds: ratios.length };
}
