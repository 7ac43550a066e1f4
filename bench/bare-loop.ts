import type * as Package from "gradsmith";
import type { Network } from "./networks.ts";
import type { Samples, Workload } from "./workload.ts";
import { halfRange } from "./workload.ts";

export interface BareLoop {
  readonly ready: Promise<void>;
  readonly tier: string;
  readonly loss: Package.Tensor;
  readonly params: Package.NamedTensors;
  readonly stepsPerEpoch: number;
  /** So many steps, with a new order of the samples at the beginning of each epoch. */
  run(count: number): void;
  /** What the compiler made of a step. */
  explain(): string;
}

interface State {
  readonly model: { readonly params: Package.NamedTensors; readonly slots: Package.Slots; readonly step: Package.Tensor };
  readonly state: Package.NamedTensors;
  readonly order: Package.Tensor;
  readonly position: Package.Tensor;
  readonly loss: Package.Tensor;
}

/**
 * Training without a trainer: a step that gathers its batch by index, run many times in one call, and a second loop over the same state that
 * shuffles. Samples that don't fill a batch are left out of an epoch, unless `rest` asks for a last, smaller step.
 */
export function bareLoop(
  { arange, initialSlots, loop, random, tensor, updateTree, valueAndGrad, zeros }: typeof Package,
  network: Network,
  { name, samples, batch, shape }: Workload,
  { x, y }: Samples,
  { rest = false }: { readonly rest?: boolean } = {},
): BareLoop {
  const stored = tensor(x, { shape: [samples, ...shape], transfer: true });
  // Scaled where the step gathers them: the loop never makes floats of more than a batch.
  const inputs = { x: stored.dtype === "u8" ? stored.cast("f32").div(halfRange).sub(1) : stored, y: tensor(y) };
  const { params, state } = network.init();
  const integer = () => zeros([], { dtype: "i32" });
  const step =
    (size: number) =>
    ({ model, state, order, position }: State, given: typeof inputs): State => {
      const chosen = order.gather(arange(size).add(position));
      const { value, grads, aux } = valueAndGrad(
        (params: Package.NamedTensors) => {
          const written: Record<string, Package.Tensor> = {};
          const output = network.predict({ params, state }, given.x.gather(chosen), (name, value) => {
            written[name] = value;
          });
          return [network.loss(given.y.gather(chosen), output), written];
        },
        { hasAux: true },
      )(model.params);
      return {
        model: updateTree(network.optimizer, model, grads),
        state: { ...state, ...aux },
        order,
        position: position.add(size),
        loss: value,
      };
    };
  const first: State = {
    model: { params, slots: initialSlots(network.optimizer, params), step: integer() },
    state,
    order: random.permutation(samples, { seed: 5 }),
    position: integer(),
    loss: zeros([]),
  };
  const trained = loop(step(batch), first, inputs, { name });
  const whole = Math.floor(samples / batch);
  const left = rest ? samples % batch : 0;
  const last = left === 0 ? undefined : loop(step(left), trained.state, inputs, { name: `${name} rest` });
  const shuffled = loop(
    ({ epoch }: { order: Package.Tensor; position: Package.Tensor; epoch: Package.Tensor }) => ({
      order: random.permutation(samples, { key: random.foldIn(random.key(6), epoch) }),
      position: integer(),
      epoch: epoch.add(1),
    }),
    { order: trained.state.order, position: trained.state.position, epoch: integer() },
    {},
    { name: "shuffle" },
  );
  const stepsPerEpoch = whole + (left > 0 ? 1 : 0);
  let position = 0;
  return {
    ready: Promise.all([trained.ready, shuffled.ready, last?.ready]).then(() => undefined),
    get tier() {
      return trained.tier;
    },
    loss: trained.state.loss,
    params: trained.state.model.params,
    stepsPerEpoch,
    run(count) {
      for (let open = count; open > 0; ) {
        if (position === stepsPerEpoch) {
          shuffled.run(1);
          position = 0;
        }
        const isWhole = position < whole;
        const now = isWhole ? Math.min(open, whole - position) : 1;
        (isWhole ? trained : last!).run(now);
        position += now;
        open -= now;
      }
    },
    explain: () => trained.explain(),
  };
}
