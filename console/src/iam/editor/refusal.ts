import { ELEMENTS } from './lint';

/** Where in a policy's text IAM's refusal of it points, told by what the message quotes. */
export function placeOfRefusal(message: string, text: string): number | undefined {
  const quoted = [...message.matchAll(/"([^"]+)"/g)].map((found) => found[1] ?? '');
  const words = message.split(/[\s"]+/).map((each) => each.replace(/[.,;]+$/, ''));
  const places = [...quoted, ...words]
    .filter((each) => each.length > 2)
    // what a value says is nearer to the mistake than the name of the element that it stands in
    .sort((a, b) => Number(ELEMENTS.includes(a)) - Number(ELEMENTS.includes(b)) || b.length - a.length)
    .map((each) => text.indexOf(`"${each}"`))
    .filter((place) => place >= 0);
  return places[0];
}
