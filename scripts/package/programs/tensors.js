import { grad, tensor } from "gradsmith";

export async function run() {
  const sums = await tensor([1, 2]).add(1).read();
  const slopes = await grad((w) => w.square().sum())(tensor([3, 4])).read();
  return `${sums.join()} ${slopes.join()}`;
}
